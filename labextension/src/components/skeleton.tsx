import type { ReactElement } from 'react';
import { usePanel } from './context';

/** Rows where there will be some: nothing moves when they come. */
export function Skeleton({ rows }: { readonly rows: number }): ReactElement {
  const { trans } = usePanel();
  return (
    <div className="dsnb-Skeleton" role="status">
      <span className="dsnb-Unseen">{trans.__('Loading…')}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="dsnb-Skeleton-row" aria-hidden="true">
          <span className="dsnb-Bone" />
        </div>
      ))}
    </div>
  );
}

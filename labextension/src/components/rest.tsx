import type { ReactElement } from 'react';
import { numberText } from '../units';
import { usePanel } from './context';

/** Says what a capped list leaves out. */
export function Rest({ count }: { readonly count: number }): ReactElement | null {
  const { trans } = usePanel();
  return count > 0 ? (
    <p className="dsnb-Quiet">{trans.__('and %1 more', numberText(count))}</p>
  ) : null;
}

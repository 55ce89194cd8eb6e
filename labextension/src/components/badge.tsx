import type { ReactElement } from 'react';
import type { VersionDetails } from '../records';
import { usePanel } from './context';

/** How a version stands: a shape and a word, before any colour. */
export function Badges({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { drift, newer } = details;
  return (
    <span className="dsnb-Badges">
      {drift.drifted > 0 ? (
        <span className="dsnb-Badge dsnb-mod-warn">{trans.__('⚠ drifted')}</span>
      ) : drift.unseen > 0 ? (
        <span className="dsnb-Badge">{trans.__('○ not looked at')}</span>
      ) : (
        <span className="dsnb-Badge">{trans.__('✓ unchanged')}</span>
      )}
      {newer !== null && (
        <span className="dsnb-Badge" title={newer}>
          {trans.__('↑ newer: %1', newer.slice(newer.lastIndexOf('@')))}
        </span>
      )}
    </span>
  );
}

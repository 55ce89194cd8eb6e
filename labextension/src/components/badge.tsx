import type { ReactElement } from 'react';
import type { Version, VersionDetails } from '../records';
import { usePanel } from './context';

/** How a version stands: a shape and a word, before any colour. */
export function Badges({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { version, drift, newer } = details;
  return (
    <span className="dsnb-Badges">
      {drift.drifted > 0 ? (
        <span className="dsnb-Badge dsnb-mod-warn">{trans.__('⚠ drifted')}</span>
      ) : drift.unseen > 0 ? (
        <span className="dsnb-Badge">{trans.__('○ not looked at')}</span>
      ) : (
        <span className="dsnb-Badge">{trans.__('✓ unchanged')}</span>
      )}
      <Deprecated version={version} />
      {newer !== null && (
        <span className="dsnb-Badge" title={newer}>
          {trans.__('↑ newer: %1', newer.slice(newer.lastIndexOf('@')))}
        </span>
      )}
    </span>
  );
}

/** Says of a version that it should not be used any more. */
export function Deprecated({
  version
}: {
  readonly version: Version;
}): ReactElement | null {
  const { trans } = usePanel();
  return version.deprecated === null ? null : (
    <span className="dsnb-Badge dsnb-mod-warn" title={version.deprecated || undefined}>
      {trans.__('⊘ deprecated')}
    </span>
  );
}

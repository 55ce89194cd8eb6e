import type { ReactElement } from 'react';
import { useState } from 'react';
import type { Relative } from '../records';
import { numberText } from '../units';
import { usePanel } from './context';
import { VersionLink } from './versionlink';

/** Relatives listed at first. */
const SHOWN = 6;

interface RelativesProps {
  readonly relatives: readonly Relative[];
  /** How many there are, when the server sent only the first. */
  readonly total: number;
  /** How many to list at most, when the others are told elsewhere. */
  readonly most?: number;
}

/** The versions that another was made from, or that were made from it, with their roles. */
export function Relatives({ relatives, total, most }: RelativesProps): ReactElement {
  const { trans } = usePanel();
  const [all, setAll] = useState(false);
  const shown = all ? relatives : relatives.slice(0, most ?? SHOWN);
  const rest = total - shown.length;
  const isMoreHere = most === undefined && shown.length < relatives.length;
  return (
    <ul className="dsnb-Relatives">
      {shown.map((relative, index) => (
        <li key={index}>
          <VersionLink of={relative.ref} kind={relative.kind} />
          {relative.role && <span className="dsnb-Quiet">{relative.role}</span>}
          {relative.likely && (
            <span
              className="dsnb-Quiet"
              title={trans.__(
                'Not recorded: the run that made the newer one had read the older one by then'
              )}
            >
              {trans.__('likely')}
            </span>
          )}
        </li>
      ))}
      {rest > 0 && (
        <li>
          {isMoreHere ? (
            <button type="button" className="dsnb-Link" onClick={() => setAll(true)}>
              {trans.__('%1 more', numberText(rest))}
            </button>
          ) : (
            <span className="dsnb-Quiet">{trans.__('and %1 more', numberText(rest))}</span>
          )}
        </li>
      )}
    </ul>
  );
}

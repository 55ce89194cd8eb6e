import type { ReactElement } from 'react';
import type { VersionDetails } from '../records';
import { usePanel } from './context';
import { Moment } from './moment';
import { Rest } from './rest';

/** Runs listed at most. */
const SHOWN = 5;

/** The runs that read a version, newest first. */
export function Readers({ details }: { readonly details: VersionDetails }): ReactElement {
  const { readers, readers_total: total } = details;
  const shown = readers.slice(0, SHOWN);
  return (
    <>
      <ul className="dsnb-Readers">
        {shown.map(run => (
          <li key={run.id}>
            <RunLink run={run} /> <Moment at={run.started} />
          </li>
        ))}
      </ul>
      <Rest count={total - shown.length} />
    </>
  );
}

interface RunLinkProps {
  readonly run: { readonly id: string; readonly name: string };
}

/** A run's name, which leads to it. */
export function RunLink({ run }: RunLinkProps): ReactElement {
  const { model } = usePanel();
  return (
    <button type="button" className="dsnb-Link" onClick={() => model.showRun(run.id)}>
      {run.name || run.id}
    </button>
  );
}

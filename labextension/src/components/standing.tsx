import type { ReactElement } from 'react';
import { restoreLine } from '../cells';
import type { VersionDetails } from '../records';
import { CommandIDs } from '../tokens';
import { numberText } from '../units';
import { CommandLine } from './commandline';
import { useEnabled, usePanel } from './context';
import { Readers } from './readers';

/** Whether what was registered may be nowhere any more. */
export function isLost({ version, drift }: VersionDetails): boolean {
  return drift.drifted > 0 && !version.kept;
}

/** That a version should not be used any more, and why. */
export function Deprecation({ why }: { readonly why: string }): ReactElement {
  const { trans } = usePanel();
  return (
    <div className="dsnb-Callout">
      <p>
        {why
          ? trans.__('Not to be used any more: %1', why)
          : trans.__('Not to be used any more; no reason was given')}
      </p>
    </div>
  );
}

/** What became of a version's files, and how they are put back or whom it concerns. */
export function Drifted({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { drift } = details;
  const line = restoreLine(details);
  return (
    <div className="dsnb-Callout">
      <p>
        {trans._n(
          'Its file changed on disk since this version was registered',
          '%2 of %3 files changed on disk since this version was registered',
          drift.files,
          numberText(drift.drifted),
          numberText(drift.files)
        )}
      </p>
      <ul>
        {drift.what.map(what => (
          <li key={what}>{what}</li>
        ))}
      </ul>
      {line !== null && <Restore of={details.version.ref} line={line} />}
      {isLost(details) && <Concerned details={details} />}
    </div>
  );
}

/** The way back, where the bytes are kept. */
function Restore({
  of,
  line
}: {
  readonly of: string;
  readonly line: string;
}): ReactElement {
  const { commands, trans } = usePanel();
  const args = { ref: of };
  const insertable = useEnabled(CommandIDs.insertRestoreCell, args);
  return (
    <>
      <p>{trans.__('Its snapshot is used. To put the files back:')}</p>
      <CommandLine line={line} />
      <button
        type="button"
        className="dsnb-Button"
        disabled={!insertable}
        title={insertable ? undefined : trans.__('Open a notebook first')}
        onClick={() => void commands.execute(CommandIDs.insertRestoreCell, args)}
      >
        {trans.__('Insert restore cell')}
      </button>
    </>
  );
}

/** Who relies on a version that may be lost. */
function Concerned({ details }: { readonly details: VersionDetails }): ReactElement | null {
  const { trans } = usePanel();
  const { aliases } = details.version;
  return (
    <>
      {details.readers.length > 0 && (
        <>
          <p>{trans.__('Concerns the runs that read it:')}</p>
          <Readers details={details} />
        </>
      )}
      {aliases.length > 0 && (
        <p>
          {trans._n(
            'Concerns the alias %2',
            'Concerns the aliases %2',
            aliases.length,
            aliases.join(', ')
          )}
        </p>
      )}
    </>
  );
}

import type { ReactElement } from 'react';
import { registerLine } from '../cells';
import type { Unregistered } from '../records';
import { CommandIDs } from '../tokens';
import { useEnabled, usePanel } from './context';
import { Rest } from './rest';
import { cellsText } from './runtexts';

interface UnregisteredFilesProps {
  readonly name: string;
  readonly files: readonly Unregistered[];
  readonly total: number;
}

/** Files that a run read or wrote and that no version holds, each with a way to register it. */
export function UnregisteredFiles({
  name,
  files,
  total
}: UnregisteredFilesProps): ReactElement | null {
  return files.length === 0 ? null : (
    <section className="dsnb-Part" aria-label={name}>
      <h4>{name}</h4>
      <ul className="dsnb-Files">
        {files.map(file => (
          <UnregisteredFile key={file.path} file={file} />
        ))}
      </ul>
      <Rest count={total - files.length} />
    </section>
  );
}

function UnregisteredFile({ file }: { readonly file: Unregistered }): ReactElement {
  const { commands, trans } = usePanel();
  const args = { line: file.register };
  const line = registerLine(file.register);
  const insertable = useEnabled(CommandIDs.insertRegisterCell, args);
  const title =
    line === null
      ? trans.__('Its name cannot be typed safely: register its folder, or rename it')
      : insertable
        ? trans.__('Insert %1 below the active cell', line)
        : trans.__('Open a notebook first');
  return (
    <li>
      <span className="dsnb-File">
        <span className="dsnb-File-path" title={file.path}>
          <bdi dir="ltr">{file.path}</bdi>
        </span>{' '}
        <span className="dsnb-Quiet">{cellsText(trans, file.cells)}</span>
      </span>
      <button
        type="button"
        className="dsnb-Button"
        aria-label={trans.__('Register %1', file.path)}
        disabled={!insertable}
        title={title}
        onClick={() => void commands.execute(CommandIDs.insertRegisterCell, args)}
      >
        {trans.__('Register')}
      </button>
    </li>
  );
}

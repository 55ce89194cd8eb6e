import type { ReactElement } from 'react';
import { copy } from '../commands';
import { CopyButton } from './copybutton';
import { usePanel } from './context';

/** A line to type somewhere, one click from the clipboard. */
export function CommandLine({ line }: { readonly line: string }): ReactElement {
  const { trans } = usePanel();
  return (
    <div className="dsnb-Command">
      <code>{line}</code>
      <CopyButton copy={() => copy(line)} label={trans.__('Copy %1', line)} />
    </div>
  );
}

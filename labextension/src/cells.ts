import type { Notebook } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { VersionDetails } from './records';
import { parseReference } from './records';

const EXTENSION = '%load_ext dsnb';
const LOADED = /^\s*%(?:re)?load_ext\s+dsnb\b/m;

/** A line of ours in which nothing is code, on one line, and nothing looks like something else. */
const REGISTERS = /^(?:model )?register [A-Za-z0-9][^\p{C}\p{Zl}\p{Zp}{}$`'\\]+$/u;

/**
 * The line that loads a version.
 *
 * @param ref - Canonical reference.
 * @param isModel - Whether it is a model, which is loaded as files.
 * @throws RangeError when `ref` is not a canonical reference.
 */
export function loadLine(ref: string, isModel = false): string {
  if (parseReference(ref) === null) {
    throw new RangeError(`Not a reference to a version: ${ref}`);
  }
  return `${isModel ? 'paths' : 'df'} = %ds load ${ref}`;
}

/**
 * The line that registers a file that a run used.
 *
 * @param said - What the server half says, without `%ds`.
 * @returns null when it says none, or one that is not safe to be put in a cell.
 */
export function registerLine(said: string): string | null {
  return REGISTERS.test(said) ? `%ds ${said}` : null;
}

/**
 * The line that puts a version's files back as they were registered.
 *
 * @returns null when they are as they were, or when nothing keeps them.
 */
export function restoreLine({ version, drift }: VersionDetails): string | null {
  if (!version.kept || drift.drifted === 0 || parseReference(version.ref) === null) {
    return null;
  }
  // Only what vanished can be put back without writing over something.
  const overwrites = drift.drifted > drift.missing;
  return `%ds restore ${version.ref}${overwrites ? ' --overwrite' : ''}`;
}

/**
 * The source of a cell with a line for dsnb.
 *
 * @param line - The line.
 * @param sources - The sources of the notebook's code cells.
 */
export function cellSource(line: string, sources: Iterable<string>): string {
  for (const source of sources) {
    if (LOADED.test(source)) {
      return line;
    }
  }
  return `${EXTENSION}\n${line}`;
}

/**
 * Insert a cell with a line for dsnb below the active cell, and make it the active one.
 *
 * @param notebook - Where to.
 * @param line - The line.
 */
export function insertCell(notebook: Notebook, line: string): void {
  const source = cellSource(line, codeSources(notebook));
  // A notebook is a shared document: this way the cell is one step to undo.
  NotebookActions.insertBelow(notebook);
  const cell = notebook.activeCell;
  if (cell?.model.type !== 'code') {
    NotebookActions.changeCellType(notebook, 'code');
  }
  notebook.activeCell?.model.sharedModel.setSource(source);
  notebook.mode = 'command';
}

function* codeSources(notebook: Notebook): Generator<string> {
  for (const cell of notebook.model?.sharedModel.cells ?? []) {
    if (cell.cell_type === 'code') {
      yield cell.getSource();
    }
  }
}

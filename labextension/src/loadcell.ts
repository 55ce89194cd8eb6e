import type { Notebook } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import { parseReference } from './records';

const EXTENSION = '%load_ext dsnb';
const LOADED = /^\s*%(?:re)?load_ext\s+dsnb\b/m;

/**
 * The source of a cell that loads a version.
 *
 * @param ref - Canonical reference.
 * @param sources - The sources of the notebook's code cells.
 * @throws RangeError when `ref` is not a canonical reference.
 */
export function loadCellSource(ref: string, sources: Iterable<string>): string {
  if (parseReference(ref) === null) {
    throw new RangeError(`Not a reference to a version: ${ref}`);
  }
  const load = `df = %ds load ${ref}`;
  for (const source of sources) {
    if (LOADED.test(source)) {
      return load;
    }
  }
  return `${EXTENSION}\n${load}`;
}

/**
 * Insert a cell that loads a version below the active cell, and make it the active one.
 *
 * @param notebook - Where to.
 * @param ref - Canonical reference.
 */
export function insertLoadCell(notebook: Notebook, ref: string): void {
  const source = loadCellSource(ref, codeSources(notebook));
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

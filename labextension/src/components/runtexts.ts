import type { TranslationBundle } from '@jupyterlab/translation';
import type { Run } from '../records';

/** Cells named at most. */
const SHOWN = 8;

/** How a run stands: a shape and a word. */
export function stateText(trans: TranslationBundle, status: Run['status']): string {
  return {
    running: trans.__('● running'),
    completed: trans.__('✓ completed'),
    failed: trans.__('✗ failed'),
    interrupted: trans.__('⊘ interrupted')
  }[status];
}

/** What failed in a run. */
export function failureText(
  trans: TranslationBundle,
  { error, cell }: NonNullable<Run['failure']>
): string {
  return cell === null
    ? trans.__('It failed: %1', error)
    : trans.__('Cell %1 failed: %2', cell, error);
}

/** Cells by their execution counts, the last of many; empty outside a notebook. */
export function cellsText(trans: TranslationBundle, cells: readonly number[]): string {
  const shown = cells.slice(-SHOWN).join(', ');
  return cells.length === 0
    ? ''
    : trans._n(
        'cell %2',
        'cells %2',
        cells.length,
        cells.length > SHOWN ? `…, ${shown}` : shown
      );
}

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Run, Use } from '../records';

/** Cells named at most. */
const SHOWN = 8;

/** How a run stands: a shape and a word. */
export function stateText(trans: TranslationBundle, status: Run['status']): string {
  return {
    running: trans.__('● running'),
    completed: trans.__('✓ completed'),
    failed: trans.__('✗ failed'),
    canceled: trans.__('⊘ canceled'),
    interrupted: trans.__('⊘ interrupted')
  }[status];
}

/** How a run was carried out that is no session. */
export function jobText(trans: TranslationBundle, job: NonNullable<Run['job']>): string {
  return {
    script: trans.__('script'),
    pipeline: trans.__('pipeline'),
    step: trans.__('step'),
    cell: trans.__('step')
  }[job];
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

/** What the code of a step calls a version, where that is not its dataset's name. */
export function calledText(
  trans: TranslationBundle,
  { called, ref }: Pick<Use, 'called' | 'ref'>
): string {
  return !called || ref.startsWith(`${called}@`) ? '' : trans.__('as %1', called);
}

import { Token } from '@lumino/coreutils';
import type { KernelRun } from './kernelrun';
import type { PanelModel } from './model';
import type { Place } from './place';

/** What the plugins share. */
export interface IDatasets {
  /** Where the user is. */
  readonly place: Place;
  /** What the side panel shows. */
  readonly panel: PanelModel;
  /** The run of the active notebook. */
  readonly run: KernelRun;
}

/** Asks for what the plugins share. */
export const IDatasets = new Token<IDatasets>(
  'dsnb:IDatasets',
  'The datasets of the workspace the user is in, and the run of the active notebook.'
);

/** Ids of the commands. */
export const CommandIDs = {
  openPanel: 'dsnb:open-panel',
  insertLoadCell: 'dsnb:insert-load-cell',
  insertRestoreCell: 'dsnb:insert-restore-cell',
  insertRegisterCell: 'dsnb:insert-register-cell',
  copyReference: 'dsnb:copy-reference',
  showRun: 'dsnb:show-run'
} as const;

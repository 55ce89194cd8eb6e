import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { insertCell, loadLine, registerLine, restoreLine } from './cells';
import { datasetsIcon } from './icons';
import { parseReference } from './records';
import type { IDatasets } from './tokens';
import { CommandIDs } from './tokens';

/** What the commands work on. */
export interface CommandOptions {
  readonly app: JupyterFrontEnd;
  readonly datasets: IDatasets;
  readonly notebooks: INotebookTracker | null;
  readonly trans: TranslationBundle;
}

/** Add the commands on versions; those that open the panel come with the panel. */
export function addVersionCommands(options: CommandOptions): void {
  const { app, datasets, notebooks, trans } = options;
  const { commands } = app;

  /** The version meant: the one named, else the one under the context menu, else the selected. */
  const meant = (args: ReadonlyPartialJSONObject): string | null => {
    const hit = app.contextMenuHitTest(node => node.dataset['dsnbRef'] !== undefined);
    const ref = args['ref'] ?? hit?.dataset['dsnbRef'] ?? datasets.panel.selection?.ref;
    return typeof ref === 'string' && parseReference(ref) ? ref : null;
  };

  /** Whether the version meant is a model, as far as the one who means it tells. */
  const isModel = (args: ReadonlyPartialJSONObject): boolean => {
    if (typeof args['ref'] === 'string') {
      return args['kind'] === 'model';
    }
    const hit = app.contextMenuHitTest(node => node.dataset['dsnbRef'] !== undefined);
    const kind =
      hit === undefined
        ? datasets.panel.selection?.details?.version.kind
        : hit.dataset['dsnbKind'];
    return kind === 'model';
  };

  /** The line that restores the version meant; only of the selected one it is known how it stands. */
  const restoring = (args: ReadonlyPartialJSONObject): string | null => {
    const { selection } = datasets.panel;
    const isSelected = selection !== null && selection.ref === meant(args);
    return isSelected && selection.details ? restoreLine(selection.details) : null;
  };

  const insert = async (line: string): Promise<void> => {
    const panel = notebooks?.currentWidget;
    if (panel && isWritable(notebooks)) {
      insertCell(panel.content, line);
      app.shell.activateById(panel.id);
      await NotebookActions.focusActiveCell(panel.content);
    }
  };

  const describedBy = versionArgument(trans);

  commands.addCommand(CommandIDs.insertLoadCell, {
    label: trans.__('Insert load cell'),
    caption: trans.__('Insert a cell that loads this version below the active cell'),
    describedBy,
    isEnabled: args => meant(args) !== null && isWritable(notebooks),
    execute: async args => {
      const ref = meant(args);
      if (ref !== null) {
        await insert(loadLine(ref, isModel(args)));
      }
    }
  });

  commands.addCommand(CommandIDs.insertRestoreCell, {
    label: trans.__('Insert restore cell'),
    caption: trans.__(
      'Insert a cell that puts this version’s files back below the active cell'
    ),
    describedBy,
    isVisible: args => restoring(args) !== null,
    isEnabled: args => restoring(args) !== null && isWritable(notebooks),
    execute: async args => {
      const line = restoring(args);
      if (line !== null) {
        await insert(line);
      }
    }
  });

  commands.addCommand(CommandIDs.insertRegisterCell, {
    label: trans.__('Insert register cell'),
    caption: trans.__('Insert a cell that registers a file below the active cell'),
    describedBy: {
      args: {
        type: 'object',
        required: ['line'],
        properties: {
          line: {
            type: 'string',
            description: trans.__('What registers the file, without %ds')
          }
        }
      }
    },
    isEnabled: args => registering(args) !== null && isWritable(notebooks),
    execute: async args => {
      const line = registering(args);
      if (line !== null) {
        await insert(line);
      }
    }
  });

  commands.addCommand(CommandIDs.copyReference, {
    label: trans.__('Copy reference'),
    caption: trans.__('Copy this version’s reference, such as weather_ds@2'),
    icon: copyIcon,
    describedBy,
    isEnabled: args => meant(args) !== null,
    execute: async args => {
      const ref = meant(args);
      if (ref !== null) {
        await copy(ref);
      }
    }
  });

  notebooks?.currentChanged.connect(() => {
    commands.notifyCommandChanged(CommandIDs.insertLoadCell);
    commands.notifyCommandChanged(CommandIDs.insertRestoreCell);
    commands.notifyCommandChanged(CommandIDs.insertRegisterCell);
  });
}

/**
 * Add the commands that open the panel.
 *
 * @param options - What they work on.
 * @param open - Brings the panel to the front.
 */
export function addPanelCommands(
  options: Pick<CommandOptions, 'datasets' | 'trans'> & {
    readonly commands: CommandRegistry;
  },
  open: () => void
): void {
  const { commands, datasets, trans } = options;

  commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('Datasets'),
    caption: trans.__('Show the datasets of this workspace in the side panel'),
    icon: args => (args['isPalette'] ? undefined : datasetsIcon),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: open
  });

  commands.addCommand(CommandIDs.showRun, {
    label: trans.__('Show run'),
    caption: trans.__('Show a run with its inputs and outputs in the side panel'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: {
            type: 'string',
            description: trans.__('Id of the run; by default the active notebook’s')
          }
        }
      }
    },
    isEnabled: args => typeof args['id'] === 'string' || datasets.run.run !== null,
    execute: args => {
      const id = args['id'] ?? datasets.run.run?.id;
      if (typeof id === 'string') {
        open();
        datasets.panel.showRun(id);
      }
    }
  });

  datasets.run.changed.connect(() => commands.notifyCommandChanged(CommandIDs.showRun));
}

/**
 * Put a text on the clipboard.
 *
 * The browser's own way exists only on a secure page; JupyterLab's works on any.
 */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    Clipboard.copyToSystem(text);
  }
}

function registering(args: ReadonlyPartialJSONObject): string | null {
  return typeof args['line'] === 'string' ? registerLine(args['line']) : null;
}

function isWritable(notebooks: INotebookTracker | null): boolean {
  const model = notebooks?.currentWidget?.content.model;
  return model !== undefined && model !== null && !model.readOnly;
}

function versionArgument(trans: TranslationBundle): { args: ReadonlyJSONObject } {
  return {
    args: {
      type: 'object',
      properties: {
        ref: {
          type: 'string',
          description: trans.__(
            'Reference of the version, such as weather_ds@2; by default the selected one'
          )
        },
        kind: {
          type: 'string',
          description: trans.__('What the version is: tabular, file or model')
        }
      }
    }
  };
}

/**
 * What JupyterLab loads: the plugins, each asking only for what it cannot do without.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from './api';
import { addPanelCommands, addVersionCommands } from './commands';
import { KernelRun } from './kernelrun';
import { keepLocks } from './lock';
import { PanelModel } from './model';
import { DatasetsPanel } from './panel';
import { Place } from './place';
import { RunStatus } from './status';
import { CommandIDs, IDatasets } from './tokens';

const DOMAIN = 'dsnb';

const model: JupyterFrontEndPlugin<IDatasets> = {
  id: 'dsnb:model',
  description: 'Provides the datasets of the workspace that the user is in.',
  autoStart: true,
  provides: IDatasets,
  optional: [INotebookTracker, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ): IDatasets => {
    const api = new Api(app.serviceManager.serverSettings);
    const place = new Place(app.serviceManager.contents, notebooks, browser);
    const panel = new PanelModel(api);
    const run = new KernelRun(api, place);
    const follow = () => panel.setPath(place.path);
    place.changed.connect(follow);
    // Told after each cell, but not as fast as a slider runs them.
    run.changed.connect(() => panel.lookAgain());
    follow();
    return { place, panel, run };
  }
};

const versions: JupyterFrontEndPlugin<void> = {
  id: 'dsnb:versions',
  description:
    'Adds the commands that load a version in a notebook and copy its reference.',
  autoStart: true,
  requires: [IDatasets],
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    datasets: IDatasets,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    addVersionCommands({ app, datasets, notebooks, trans });
  }
};

const panel: JupyterFrontEndPlugin<void> = {
  id: 'dsnb:panel',
  description: 'Adds the side panel with datasets, models, versions and runs.',
  autoStart: true,
  requires: [IDatasets],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    datasets: IDatasets,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands, shell } = app;
    const widget = new DatasetsPanel(datasets.panel, commands, trans);
    shell.add(widget, 'left', { rank: 450, type: 'Datasets' });
    restorer?.add(widget, widget.id);
    addPanelCommands({ commands, datasets, trans }, () => shell.activateById(widget.id));
    palette?.addItem({ command: CommandIDs.openPanel, category: trans.__('Datasets') });
    palette?.addItem({ command: CommandIDs.showRun, category: trans.__('Datasets') });
  }
};

const status: JupyterFrontEndPlugin<void> = {
  id: 'dsnb:status',
  description: 'Shows in the status bar what the active notebook’s run read and made.',
  autoStart: true,
  requires: [IDatasets],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    datasets: IDatasets,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    if (statusBar) {
      const trans = (translator ?? nullTranslator).load(DOMAIN);
      const { run } = datasets;
      const open = (id: string) => void app.commands.execute(CommandIDs.showRun, { id });
      statusBar.registerStatusItem(status.id, {
        item: new RunStatus(run, open, trans),
        align: 'left',
        rank: 5,
        isActive: () => run.run !== null,
        activeStateChanged: run.changed
      });
    }
  }
};

const lock: JupyterFrontEndPlugin<void> = {
  id: 'dsnb:lock',
  description: 'Keeps in a notebook’s file which versions its outputs were made from.',
  autoStart: true,
  optional: [INotebookTracker, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null
  ): void => {
    if (notebooks) {
      // Nothing is written before it is known that the user wants it.
      const wanted = { isOn: registry === null };
      keepLocks(new Api(app.serviceManager.serverSettings), notebooks, wanted);
      void registry?.load(lock.id).then(settings => {
        const read = () => (wanted.isOn = settings.get('write').composite !== false);
        settings.changed.connect(read);
        read();
      });
    }
  }
};

export { IDatasets } from './tokens';

export default [model, versions, panel, status, lock];

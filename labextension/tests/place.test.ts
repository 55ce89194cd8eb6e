import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';
import { Place } from '../src/place';

const contents = { localPath: (path: string) => path.split(':').at(-1) ?? '' };

class FakeNotebook {
  readonly context = {
    localPath: 'project/train.ipynb',
    pathChanged: new Signal<object, string>({})
  };
  readonly sessionContext = {
    session: { kernel: { id: 'kernel-1' } } as { kernel: { id: string } } | null,
    kernelChanged: new Signal<object, unknown>({}),
    iopubMessage: new Signal<object, unknown>({})
  };

  status(state: string, cause: string): void {
    this.sessionContext.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_type: cause },
      content: { execution_state: state }
    });
  }
}

let notebook: FakeNotebook;
let tracker: {
  currentWidget: FakeNotebook | null;
  currentChanged: Signal<object, unknown>;
};
let browser: { model: { path: string; pathChanged: Signal<object, unknown> } };
let place: Place;
let moves: number;
let executions: number;

beforeEach(() => {
  notebook = new FakeNotebook();
  tracker = { currentWidget: null, currentChanged: new Signal({}) };
  browser = { model: { path: 'RTC:folder', pathChanged: new Signal({}) } };
  place = new Place(
    contents,
    tracker as unknown as INotebookTracker,
    browser as unknown as FileBrowser
  );
  moves = executions = 0;
  place.changed.connect(() => (moves += 1));
  place.executed.connect(() => (executions += 1));
});

function open(): void {
  tracker.currentWidget = notebook;
  tracker.currentChanged.emit(null);
}

describe('where the user is', () => {
  it('is the file browser’s folder without a notebook', () => {
    expect([place.path, place.kernel]).toEqual(['folder', null]);
    browser.model.path = 'other';
    browser.model.pathChanged.emit(null);
    expect(place.path).toBe('other');
  });

  it('is the active notebook’s folder and kernel, until it is closed', () => {
    open();
    expect([place.path, place.kernel]).toEqual(['project', 'kernel-1']);
    browser.model.path = 'other';
    browser.model.pathChanged.emit(null);
    expect([place.path, moves]).toEqual(['project', 1]);
    tracker.currentWidget = null;
    tracker.currentChanged.emit(null);
    expect([place.path, place.kernel]).toEqual(['other', null]);
  });

  it('follows a rename, and another kernel', () => {
    open();
    notebook.context.localPath = 'moved/train.ipynb';
    notebook.context.pathChanged.emit('');
    notebook.sessionContext.session = { kernel: { id: 'kernel-2' } };
    notebook.sessionContext.kernelChanged.emit(null);
    expect([place.path, place.kernel]).toEqual(['moved', 'kernel-2']);
  });

  it('is the root where there is neither notebook nor file browser', () => {
    expect(new Place(contents, null, null).path).toBe('');
  });
});

describe('what the kernel did', () => {
  it('counts when a cell or a widget’s message has ended, or the kernel restarts', () => {
    open();
    notebook.status('busy', 'execute_request');
    notebook.status('idle', 'execute_request');
    notebook.status('idle', 'comm_msg');
    notebook.status('idle', 'complete_request');
    notebook.status('restarting', '');
    expect(executions).toBe(3);
  });

  it('does not in a notebook that is not active any more', () => {
    open();
    tracker.currentWidget = null;
    tracker.currentChanged.emit(null);
    notebook.status('idle', 'execute_request');
    expect(executions).toBe(0);
  });
});

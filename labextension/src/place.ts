import { PathExt } from '@jupyterlab/coreutils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Where the user is: the active notebook's folder and kernel, else the file browser's folder. */
export class Place implements IDisposable {
  /**
   * @param contents - Knows what a path on a drive is on the server.
   * @param notebooks - Knows the active notebook, where there are notebooks.
   * @param browser - The file browser, where there is one.
   */
  constructor(
    private readonly contents: Pick<Contents.IManager, 'localPath'>,
    private readonly notebooks: INotebookTracker | null,
    private readonly browser: FileBrowser | null
  ) {
    notebooks?.currentChanged.connect(this.followNotebook, this);
    browser?.model.pathChanged.connect(this.look, this);
    this.followNotebook();
  }

  /** Emitted when path or kernel are others. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the active notebook's kernel has run something. */
  get executed(): ISignal<this, void> {
    return this._executed;
  }

  /** The folder below the server's root. */
  get path(): string {
    return this._path;
  }

  /** Id of the active notebook's kernel. */
  get kernel(): string | null {
    return this._kernel;
  }

  /** Whether it was disposed of. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Stop following. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private followNotebook(): void {
    const panel = this.notebooks?.currentWidget ?? null;
    if (panel !== this.panel) {
      this.leave();
      this.panel = panel;
      panel?.context.pathChanged.connect(this.look, this);
      panel?.sessionContext.kernelChanged.connect(this.look, this);
      panel?.sessionContext.iopubMessage.connect(this.listen, this);
    }
    this.look();
  }

  private leave(): void {
    this.panel?.context.pathChanged.disconnect(this.look, this);
    this.panel?.sessionContext.kernelChanged.disconnect(this.look, this);
    this.panel?.sessionContext.iopubMessage.disconnect(this.listen, this);
  }

  private look(): void {
    const { panel } = this;
    const path = panel
      ? PathExt.dirname(panel.context.localPath)
      : this.contents.localPath(this.browser?.model.path ?? '');
    const kernel = panel?.sessionContext.session?.kernel?.id ?? null;
    if (path !== this._path || kernel !== this._kernel) {
      this._path = path;
      this._kernel = kernel;
      this._changed.emit();
    }
  }

  /** Data is used by cells, and by widgets: the picker loads when its button is clicked. */
  private listen(_: unknown, message: KernelMessage.IMessage): void {
    if (message.header.msg_type !== 'status') {
      return;
    }
    const { execution_state: state } = message.content as { execution_state?: string };
    const cause = 'msg_type' in message.parent_header ? message.parent_header.msg_type : '';
    const ended = state === 'idle' && (cause === 'execute_request' || cause === 'comm_msg');
    if (ended || state === 'restarting') {
      this._executed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _executed = new Signal<this, void>(this);
  private panel: NotebookPanel | null = null;
  private _path = '';
  private _kernel: string | null = null;
  private _isDisposed = false;
}

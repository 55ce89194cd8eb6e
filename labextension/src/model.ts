import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Api, ApiError } from './api';
import type { Selection } from './catalogue';
import { Catalogue } from './catalogue';
import { History } from './history';
import { LiveLoop } from './live';
import { asApiError } from './pages';
import type { Version, Workspace } from './records';

/** The panel's inner tabs. */
export type Tab = 'datasets' | 'runs' | 'models';

/** What the side panel shows; it works only while the panel is visible. */
export class PanelModel implements IDisposable {
  /**
   * @param api - Where the answers come from.
   */
  constructor(private readonly api: Api) {
    const path = () => this._path;
    this.catalogue = new Catalogue('datasets', api, path, this.tell);
    this.models = new Catalogue('models', api, path, this.tell);
    this.history = new History(api, path, this.tell);
    this.live = new LiveLoop({
      changes: (state, wait, signal) => api.changes(this._path, state, wait, signal),
      refresh: signal => this.fetch(signal),
      failed: error => this.fail(error)
    });
  }

  /** The tab "Datasets". */
  readonly catalogue: Catalogue;

  /** The tab "Models". */
  readonly models: Catalogue;

  /** The tab "Runs". */
  readonly history: History;

  /** Emitted whenever there is something else to show. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Another number whenever there is something else to show. */
  get revision(): number {
    return this._revision;
  }

  /** The workspace shown; null until it is known. */
  get workspace(): Workspace | null {
    return this._workspace;
  }

  /** Why the server half could not be asked, until it can. */
  get error(): ApiError | null {
    return this._error;
  }

  /** The tab shown. */
  get tab(): Tab {
    return this._tab;
  }

  /** The version whose details are in sight. */
  get selection(): Selection | null {
    return (this._tab === 'models' ? this.models : this.catalogue).selection;
  }

  /** Whether requests are made. */
  get isLive(): boolean {
    return this.live.running;
  }

  /** Whether it was disposed of. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Show another tab. */
  setTab(tab: Tab): void {
    if (tab !== this._tab) {
      this._tab = tab;
      this.tell();
      if (this.isLive && this._workspace?.exists) {
        void this.refreshTab();
      }
    }
  }

  /** Show the workspace of another folder. */
  setPath(path: string): void {
    if (path !== this._path) {
      this._path = path;
      // What is shown stays until it is known whether this is another workspace at all.
      this.live.restart();
    }
  }

  /** Say whether the panel can be seen. */
  setVisible(visible: boolean): void {
    if (visible && !this._isDisposed) {
      this.live.start();
    } else {
      this.live.stop();
    }
  }

  /** A cell was run, which may have put files back that drifted: no registry tells of that. */
  lookAgain(): void {
    if (this.isLive) {
      void this.catalogue.lookAgain();
      void this.models.lookAgain();
    }
  }

  /** Try again at once after an error. */
  retry(): void {
    this._error = null;
    this.tell();
    this.live.restart();
  }

  /** Select a version in the tab that lists it. */
  showVersion(ref: string, kind?: Version['kind'] | null): void {
    const catalogue = kind === 'model' ? this.models : this.catalogue;
    catalogue.select(ref);
    this.setTab(catalogue.sort);
  }

  /** Select a run in the tab "Runs". */
  showRun(id: string): void {
    this.setTab('runs');
    this.history.show(id);
  }

  /** Stop everything. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.live.stop();
      this.catalogue.dispose();
      this.models.dispose();
      this.history.dispose();
      Signal.clearData(this);
    }
  }

  private async fetch(signal: AbortSignal): Promise<string> {
    const workspace = await this.api.workspace(this._path, signal);
    if (signal.aborted) {
      return workspace.state;
    }
    const former = this._workspace;
    const moved =
      former !== null &&
      (former.folder !== workspace.folder || former.name !== workspace.name);
    this._workspace = workspace;
    this._error = null;
    if (moved) {
      this.catalogue.reset();
      this.models.reset();
      this.history.reset();
    }
    this.tell();
    if (workspace.exists) {
      await this.refreshTab();
    }
    return workspace.state;
  }

  /** Only the tab in sight; another is brought up to date when it is shown. */
  private async refreshTab(): Promise<void> {
    if (this._tab === 'datasets') {
      await this.catalogue.refresh();
    } else if (this._tab === 'models') {
      await this.models.refresh();
    } else {
      await this.history.refresh();
    }
  }

  private fail(error: unknown): void {
    this._error = asApiError(error);
    this.tell();
  }

  private readonly tell = (): void => {
    this._revision += 1;
    this._changed.emit();
  };

  private readonly live: LiveLoop;
  private readonly _changed = new Signal<this, void>(this);
  private _revision = 0;
  private _path = '';
  private _workspace: Workspace | null = null;
  private _error: ApiError | null = null;
  private _tab: Tab = 'datasets';
  private _isDisposed = false;
}

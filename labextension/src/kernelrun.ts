import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Api } from './api';
import { ApiError } from './api';
import type { Place } from './place';
import type { Run } from './records';

/** Milliseconds between a cell's end and the question what it used. */
const SETTLE = 50;
/** Milliseconds between two questions at least: a slider that is dragged ends many times a second. */
const PACE = 400;

/**
 * The run of the active notebook's kernel.
 *
 * It asks when a cell has ended, when another notebook is active, and when the panel sees a change;
 * in between nothing runs.
 */
export class KernelRun implements IDisposable {
  /**
   * @param api - Where the answers come from.
   * @param place - Which notebook is active.
   */
  constructor(
    private readonly api: Api,
    private readonly place: Place
  ) {
    place.changed.connect(this.follow, this);
    place.executed.connect(this.refresh, this);
    this.follow();
  }

  /** Emitted when the run is another, or another is known about it. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The run; null when the notebook has none. */
  get run(): Run | null {
    return this._run;
  }

  /** Whether it was disposed of. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ask anew, soon; several wishes become one. */
  refresh(): void {
    if (this.place.kernel !== null && !this.isAlone && !this._isDisposed) {
      const wait = Math.max(SETTLE, this.asked + PACE - Date.now());
      this.timer ??= setTimeout(() => void this.fetch(), wait);
    }
  }

  /** Stop everything. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.stop();
      Signal.clearData(this);
    }
  }

  private follow(): void {
    const { kernel } = this.place;
    if (kernel !== this.kernel) {
      this.stop();
      this.kernel = kernel;
      this.asked = 0;
      this.isAlone = false;
      this.show(null);
    }
    this.refresh();
  }

  private async fetch(): Promise<void> {
    this.stop();
    this.asked = Date.now();
    const { signal } = this.control;
    const { kernel, path } = this.place;
    if (kernel === null) {
      return;
    }
    try {
      const run = await this.find(kernel, path, signal);
      if (!signal.aborted) {
        this.show(run);
      }
    } catch (error) {
      // The panel says what is wrong with the server half; the status bar stays quiet, and does not
      // knock again after each cell.
      this.isAlone = error instanceof ApiError && error.kind === 'ServerMissing';
    }
  }

  /** Most folders have no workspace, and then there are no runs to ask for. */
  private async find(
    kernel: string,
    path: string,
    signal: AbortSignal
  ): Promise<Run | null> {
    if (this.workspace !== path) {
      const { exists } = await this.api.workspace(path, signal);
      if (!exists) {
        return null;
      }
      this.workspace = path;
    }
    const { items } = await this.api.runs(path, kernel, { offset: 0, limit: 1 }, signal);
    // After a restart the kernel keeps its id, but the run before it is another session's.
    return items[0]?.status === 'running' ? items[0] : null;
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.control.abort();
    this.control = new AbortController();
  }

  private show(run: Run | null): void {
    this._run = run;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private control = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private kernel: string | null = null;
  private asked = 0;
  private isAlone = false;
  private workspace: string | null = null;
  private _run: Run | null = null;
  private _isDisposed = false;
}

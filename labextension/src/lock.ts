import { NotebookActions } from '@jupyterlab/notebook';
import type {
  INotebookModel,
  INotebookTracker,
  Notebook,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { PartialJSONValue } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { Api } from './api';
import { ApiError } from './api';
import type { Lock, LockAnswer, Locked } from './records';

/** The key of the lock in a notebook's metadata. */
export const KEY = 'dsnb';
/** So many inputs, and so many outputs, have room; the server half keeps to the same. */
const MOST = 200;
const SCHEMA = 1;
/** Milliseconds between a cell's end and the question what it used. */
const SETTLE = 50;
/** Milliseconds between two questions at least. */
const PACE = 400;

/** What a notebook has to have for its lock to be kept. */
export type OpenNotebook = Pick<
  NotebookPanel,
  'content' | 'context' | 'sessionContext' | 'disposed'
>;

/** What is looked at in a cell with code. */
interface CodeCell {
  readonly id: string;
  readonly executionCount: number | null;
  readonly sharedModel: { getSource(): string };
}

/** Whether the user wants locks. */
export interface Switch {
  isOn: boolean;
}

/**
 * Keeps the lock of one open notebook: which versions the outputs in its file were made from.
 *
 * It asks when a cell has ended, and touches the document only when the lock is another one.
 */
export class NotebookLock implements IDisposable {
  /**
   * @param api - Where the answers come from.
   * @param panel - The notebook.
   * @param wanted - Whether the user wants locks.
   */
  constructor(
    private readonly api: Api,
    private readonly panel: OpenNotebook,
    private readonly wanted: Switch
  ) {
    panel.sessionContext.kernelChanged.connect(this.forget, this);
    panel.sessionContext.iopubMessage.connect(this.listen, this);
  }

  /** Whether it was disposed of. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** A cell is about to be run. */
  scheduled(cell: string): void {
    this.pending.add(cell);
  }

  /** A cell has ended, or will not be run after all. */
  executed(cell: string): void {
    this.pending.delete(cell);
    this.done.add(cell);
    this.refresh();
  }

  /** Stop following the notebook. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.stop();
      this.panel.sessionContext.kernelChanged.disconnect(this.forget, this);
      this.panel.sessionContext.iopubMessage.disconnect(this.listen, this);
    }
  }

  private get kernel(): string | null {
    return this.panel.sessionContext.session?.kernel?.id ?? null;
  }

  /** The document, unless it must not be changed. */
  private get document(): INotebookModel | null {
    const { context } = this.panel;
    const isWritable = context.isReady && context.contentsModel?.writable !== false;
    return isWritable && !context.model.readOnly ? context.model : null;
  }

  /** Cells that another kernel ran are what the file still holds the outputs of. */
  private forget(): void {
    this.stop();
    this.pending.clear();
    this.done.clear();
    this.isAlone = false;
  }

  /** Data is used by cells, and by widgets: the picker loads when its button is clicked. */
  private listen(_: unknown, message: KernelMessage.IMessage): void {
    if (message.header.msg_type !== 'status') {
      return;
    }
    const { execution_state: state } = message.content as { execution_state?: string };
    const cause = 'msg_type' in message.parent_header ? message.parent_header.msg_type : '';
    if (state === 'restarting' || state === 'autorestarting') {
      this.forget();
    } else if (state === 'idle' && (cause === 'execute_request' || cause === 'comm_msg')) {
      this.refresh();
    }
  }

  /** Ask anew, soon; several wishes become one. */
  private refresh(): void {
    if (this.wanted.isOn && !this.isAlone && !this._isDisposed && this.kernel !== null) {
      const wait = Math.max(SETTLE, this.asked + PACE - Date.now());
      this.timer ??= setTimeout(() => void this.fetch(), wait);
    }
  }

  private async fetch(): Promise<void> {
    this.stop();
    this.asked = Date.now();
    const { signal } = this.control;
    const { kernel } = this;
    const path = this.panel.context.localPath;
    if (kernel === null) {
      return;
    }
    try {
      const answer = await this.find(path, kernel, signal);
      if (answer?.enabled && !signal.aborted) {
        this.write(answer.lock);
      }
    } catch (error) {
      // The panel says what is wrong with the server half; nobody else knocks after each cell.
      this.isAlone = error instanceof ApiError && error.kind === 'ServerMissing';
    }
  }

  /** Most folders have no workspace, and then there is no lock to ask for. */
  private async find(
    path: string,
    kernel: string,
    signal: AbortSignal
  ): Promise<LockAnswer | null> {
    if (this.workspace !== path) {
      const { exists } = await this.api.workspace(path, signal);
      if (!exists) {
        return null;
      }
      this.workspace = path;
    }
    return await this.api.lock(path, kernel, signal);
  }

  private write(lock: Lock): void {
    const { document } = this;
    if (document === null) {
      return;
    }
    const held: unknown = document.getMetadata(KEY);
    const before = readLock(held);
    if (before === 'later') {
      return;
    }
    if (lock.inputs.length + lock.outputs.length === 0) {
      if (held !== undefined && this.isAllRun(document)) {
        document.deleteMetadata(KEY);
      }
      return;
    }
    const wanted = before && this.isStale(document) ? joinLocks(before, lock) : lock;
    if (!isSame(held, wanted)) {
      document.setMetadata(KEY, wanted);
    }
  }

  /** Whether some outputs in the document were made before this kernel began. */
  private isStale(document: INotebookModel): boolean {
    const old = codeOf(document).some(
      cell => cell.executionCount !== null && !this.done.has(cell.id)
    );
    return old || this.pending.size > 0;
  }

  /** Whether this kernel has run the whole notebook. */
  private isAllRun(document: INotebookModel): boolean {
    const written = codeOf(document).filter(
      cell => cell.sharedModel.getSource().trim() !== ''
    );
    return this.pending.size === 0 && written.every(cell => this.done.has(cell.id));
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.control.abort();
    this.control = new AbortController();
  }

  private readonly pending = new Set<string>();
  private readonly done = new Set<string>();
  private control = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private isAlone = false;
  private workspace: string | null = null;
  private _isDisposed = false;
}

/** Keep the locks of all open notebooks. */
export function keepLocks(api: Api, notebooks: INotebookTracker, wanted: Switch): void {
  const kept = new Map<Notebook, NotebookLock>();
  const add = (panel: NotebookPanel): void => {
    const lock = new NotebookLock(api, panel, wanted);
    const { content } = panel;
    kept.set(content, lock);
    panel.disposed.connect(() => {
      kept.delete(content);
      lock.dispose();
    });
  };
  notebooks.forEach(add);
  notebooks.widgetAdded.connect((_, panel) => add(panel));
  NotebookActions.executionScheduled.connect((_, { notebook, cell }) =>
    kept.get(notebook)?.scheduled(cell.model.id)
  );
  NotebookActions.executed.connect((_, { notebook, cell }) =>
    kept.get(notebook)?.executed(cell.model.id)
  );
}

/**
 * Read a lock; the file may have been edited by anyone.
 *
 * @returns null when it is none, `later` when only a later dsnb understands it.
 */
export function readLock(value: unknown): Lock | 'later' | null {
  if (!isObject(value)) {
    return null;
  }
  const { schema, inputs, outputs, left_out } = value;
  if (typeof schema === 'number' && schema > SCHEMA) {
    return 'later';
  }
  const lists = [inputs, outputs];
  if (
    schema !== SCHEMA ||
    !lists.every(list => Array.isArray(list) && list.every(isLocked))
  ) {
    return null;
  }
  return {
    schema,
    inputs: inputs as Locked[],
    outputs: outputs as Locked[],
    ...(typeof left_out === 'number' ? { left_out } : {})
  };
}

/** A lock of what both name, each version once and sorted. */
export function joinLocks(before: Lock, after: Lock): Lock {
  const inputs = joinVersions(before.inputs, after.inputs);
  const outputs = joinVersions(before.outputs, after.outputs);
  const beyond =
    Math.max(0, inputs.length - MOST) +
    Math.max(0, outputs.length - MOST) +
    Math.max(before.left_out ?? 0, after.left_out ?? 0);
  return {
    schema: SCHEMA,
    inputs: inputs.slice(0, MOST),
    outputs: outputs.slice(0, MOST),
    ...(beyond > 0 ? { left_out: beyond } : {})
  };
}

function joinVersions(before: readonly Locked[], after: readonly Locked[]): Locked[] {
  const found = new Map<string, Locked>();
  for (const one of [...before, ...after]) {
    const key = `${one.name}@${one.version} ${one.digest}`;
    const how = new Set([...(found.get(key)?.how ?? []), ...one.how]);
    const { name, version, digest } = one;
    found.set(key, { name, version, digest, how: [...how].sort() });
  }
  return [...found.values()].sort(
    (a, b) =>
      compare(a.name, b.name) || a.version - b.version || compare(a.digest, b.digest)
  );
}

/** As the server half sorts: by code, in every language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function codeOf(document: INotebookModel): CodeCell[] {
  const cells = [...document.cells].filter(cell => cell.type === 'code');
  return cells as unknown as CodeCell[];
}

function isSame(held: unknown, wanted: Lock): boolean {
  return held !== undefined && JSONExt.deepEqual(held as PartialJSONValue, wanted);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLocked(value: unknown): value is Locked {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['version'] === 'number' &&
    typeof value['digest'] === 'string' &&
    Array.isArray(value['how']) &&
    value['how'].every(how => typeof how === 'string')
  );
}

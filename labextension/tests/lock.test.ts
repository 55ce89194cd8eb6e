import { NotebookModel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenNotebook } from '../src/lock';
import { KEY, NotebookLock, joinLocks, readLock } from '../src/lock';
import { FakeServer, lock, locked } from './workspace';

/** A notebook whose document is JupyterLab's own, with a kernel that a test plays. */
class FakeNotebook {
  readonly model = new NotebookModel();
  readonly context = {
    model: this.model,
    isReady: true,
    localPath: 'project/train.ipynb',
    contentsModel: { writable: true } as { writable: boolean } | null
  };
  readonly sessionContext = {
    session: { kernel: { id: 'kernel-1' } } as { kernel: { id: string } } | null,
    kernelChanged: new Signal<object, unknown>({}),
    iopubMessage: new Signal<object, unknown>({})
  };
  changes = 0;

  constructor(...sources: string[]) {
    this.model.sharedModel.insertCells(
      0,
      sources.map(source => ({ cell_type: 'code', source }))
    );
    this.model.metadataChanged.connect(() => (this.changes += 1));
  }

  get held(): unknown {
    return this.model.getMetadata(KEY) as unknown;
  }

  /** What the notebook's file said when it was opened. */
  holds(value: unknown): void {
    this.model.setMetadata(KEY, value);
    this.model.dirty = false;
    this.changes = 0;
  }

  /** Let a cell have been run, now or long ago. */
  count(index: number, number: number): string {
    const cell = this.model.cells.get(index) as unknown as {
      id: string;
      executionCount: number;
    };
    cell.executionCount = number;
    return cell.id;
  }

  status(state: string, cause = 'execute_request'): void {
    this.sessionContext.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_type: cause },
      content: { execution_state: state }
    });
  }
}

let server: FakeServer;
let notebook: FakeNotebook;
let keeper: NotebookLock;
let wanted: { isOn: boolean };

const pass = (milliseconds = 1000) => vi.advanceTimersByTimeAsync(milliseconds);

function open(...sources: string[]): void {
  notebook = new FakeNotebook(...sources);
  keeper = new NotebookLock(server.api, notebook as unknown as OpenNotebook, wanted);
}

/** Run a cell to its end. */
async function run(index: number, number = index + 1): Promise<void> {
  const id = notebook.count(index, number);
  notebook.status('idle');
  keeper.executed(id);
  await pass();
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  wanted = { isOn: true };
  open('df = %ds load weather_ds', 'df.plot()');
});

afterEach(() => {
  keeper.dispose();
  notebook.model.dispose();
  vi.useRealTimers();
});

describe('the lock in a notebook', () => {
  it('is written when a cell has ended, and nothing is asked in between', async () => {
    server.locks = { enabled: true, lock: lock(['weather_ds@1'], ['features@1']) };
    await pass(60_000);
    expect(server.asked).toEqual([]);
    await run(0);
    expect(notebook.held).toEqual(lock(['weather_ds@1'], ['features@1']));
    expect(server.asked.at(-1)).toBe('lock?path=project/train.ipynb&kernel=kernel-1');
  });

  it('touches the document only when it is another one', async () => {
    server.locks = { enabled: true, lock: lock(['weather_ds@1']) };
    await run(0);
    expect([notebook.changes, notebook.model.dirty]).toEqual([1, true]);
    notebook.model.dirty = false;
    for (let index = 0; index < 5; index++) {
      notebook.status('idle');
      await pass();
    }
    expect([notebook.changes, notebook.model.dirty]).toEqual([1, false]);
    server.locks = { enabled: true, lock: lock(['weather_ds@2']) };
    notebook.status('idle');
    await pass();
    expect([notebook.changes, notebook.model.dirty]).toEqual([2, true]);
  });

  it('follows what a widget loads, too', async () => {
    server.locks = { enabled: true, lock: lock(['weather_ds@1']) };
    notebook.status('idle', 'comm_msg');
    await pass();
    expect(notebook.held).toEqual(lock(['weather_ds@1']));
  });

  it.each([
    ['is read-only', () => (notebook.model.readOnly = true)],
    ['may not be saved', () => (notebook.context.contentsModel = { writable: false })],
    ['is not there yet', () => (notebook.context.isReady = false)],
    ['belongs to a user who wants none', () => (wanted.isOn = false)],
    ['lies in a workspace that wants none', () => (server.locks.enabled = false)],
    ['lies in no workspace', () => (server.workspace.exists = false)],
    ['has no kernel', () => (notebook.sessionContext.session = null)],
    ['was closed', () => keeper.dispose()]
  ])('is not written when the notebook %s', async (_, prevent) => {
    server.locks = { enabled: true, lock: lock(['weather_ds@1']) };
    prevent();
    await run(0);
    expect([notebook.held, notebook.changes]).toEqual([undefined, 0]);
  });

  it('is not that of a kernel that has been left', async () => {
    let answer: (value: unknown) => void = () => undefined;
    server.instead.set('lock', () => new Promise(resolve => (answer = resolve)));
    await run(0);
    notebook.sessionContext.kernelChanged.emit(null);
    answer({ enabled: true, lock: lock(['weather_ds@1']) });
    await pass();
    expect(notebook.held).toBeUndefined();
  });

  it('is asked for a few times a second at most', async () => {
    for (let index = 0; index < 100; index++) {
      notebook.status('idle');
      await pass(10);
    }
    expect(server.count('lock')).toBeLessThanOrEqual(4);
  });

  it('is not asked for again after each cell when there is no server half', async () => {
    server.instead.set('workspace', () => new Response('', { status: 404 }));
    for (let index = 0; index < 5; index++) {
      await run(0);
    }
    expect(server.asked).toHaveLength(1);
  });
});

describe('what an earlier run used', () => {
  beforeEach(() => {
    notebook.count(0, 1);
    notebook.count(1, 2);
    notebook.holds(lock(['prices@1', 'weather_ds@1']));
    server.locks = { enabled: true, lock: lock(['weather_ds@2']) };
  });

  it('stays beside what this one used while outputs of it are left', async () => {
    await run(0);
    expect(notebook.held).toEqual(lock(['prices@1', 'weather_ds@1', 'weather_ds@2']));
    await run(1);
    expect(notebook.held).toEqual(lock(['weather_ds@2']));
  });

  it('changes nothing at all when the same is used again, cell by cell', async () => {
    server.locks.lock = lock(['prices@1']);
    await run(0);
    server.locks.lock = lock(['prices@1', 'weather_ds@1']);
    await run(1);
    expect([notebook.changes, notebook.model.dirty]).toEqual([0, false]);
  });

  it('stays while cells wait to be run, although their outputs are cleared', async () => {
    const ids = [0, 1].map(index => notebook.count(index, 1));
    for (const cell of notebook.model.cells) {
      (cell as unknown as { executionCount: null }).executionCount = null;
      keeper.scheduled(cell.id);
    }
    keeper.executed(ids[0] ?? '');
    await pass();
    expect(notebook.held).toEqual(lock(['prices@1', 'weather_ds@1', 'weather_ds@2']));
    keeper.executed(ids[1] ?? '');
    await pass();
    expect(notebook.held).toEqual(lock(['weather_ds@2']));
  });

  it.each(['restarting', 'autorestarting'])(
    'is all that the outputs come from after %s',
    async state => {
      await run(0);
      await run(1);
      notebook.status(state);
      server.locks.lock = lock(['weather_ds@3']);
      await run(0);
      expect(notebook.held).toEqual(lock(['weather_ds@2', 'weather_ds@3']));
    }
  );

  it('is not dropped by a run that has used nothing yet', async () => {
    server.locks.lock = lock([]);
    await run(0);
    expect(notebook.changes).toBe(0);
    await run(1);
    expect(notebook.held).toBeUndefined();
  });

  it('is left to the later dsnb that wrote it', async () => {
    const later = { schema: 2, versions: [] };
    notebook.holds(later);
    await run(0);
    expect(notebook.held).toEqual(later);
  });

  it.each([
    'text',
    7,
    null,
    [],
    {},
    { schema: 1 },
    { schema: '1', inputs: [], outputs: [] },
    { schema: 1, inputs: [{ name: 7 }], outputs: [] },
    { schema: 1, inputs: [null], outputs: [] },
    { schema: 1, inputs: [{ ...locked('a@1'), how: [{}] }], outputs: [] }
  ])('is written anew where %j stands in its place', async value => {
    notebook.holds(value);
    await run(0);
    expect(notebook.held).toEqual(lock(['weather_ds@2']));
  });
});

describe('two locks joined', () => {
  it('name each version once, sorted by name, number and content', () => {
    const before = lock(['b@10', 'b@9', 'B@1']);
    const after = {
      ...lock(['a@1']),
      inputs: [locked('b@9', 'trace'), locked('a@1', 'load')]
    };
    const joined = joinLocks(before, after);
    expect(joined.inputs.map(one => `${one.name}@${one.version}`)).toEqual([
      'B@1',
      'a@1',
      'b@9',
      'b@10'
    ]);
    expect(joined.inputs[2]?.how).toEqual(['load', 'trace']);
    expect(joinLocks(joined, before)).toEqual(joined);
    expect(readLock(joined)).toEqual(joined);
  });

  it('hold so many versions and say how many more there were', () => {
    const refs = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => `${name}@${index + 1}`);
    const joined = joinLocks(lock(refs(150, 'a')), lock(refs(60, 'b')));
    expect([joined.inputs.length, joined.left_out]).toEqual([200, 10]);
  });
});

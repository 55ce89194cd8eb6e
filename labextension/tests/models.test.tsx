import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Panel } from '../src/components/panel';
import { PanelContext } from '../src/components/context';
import { PanelModel } from '../src/model';
import type { RunDetails } from '../src/records';
import { CommandIDs } from '../src/tokens';
import { FakeServer, refusal, relative, run, use } from './workspace';

let server: FakeServer;
let model: PanelModel;
let commands: CommandRegistry;
let inserted: unknown[];
let insertable: boolean;

beforeEach(() => {
  server = new FakeServer();
  model = new PanelModel(server.api);
  commands = new CommandRegistry();
  inserted = [];
  insertable = true;
  for (const id of [CommandIDs.insertLoadCell, CommandIDs.insertRegisterCell]) {
    commands.addCommand(id, {
      isEnabled: args => insertable && args['line'] !== '',
      execute: args => inserted.push(args)
    });
  }
});

afterEach(() => model.dispose());

function show(tab: string): void {
  const trans = nullTranslator.load('dsnb');
  render(
    <PanelContext.Provider value={{ model, commands, trans }}>
      <Panel />
    </PanelContext.Provider>
  );
  act(() => model.setVisible(true));
  fireEvent.click(screen.getByRole('tab', { name: tab }));
}

const button = (name: string | RegExp) => screen.findByRole('button', { name });
const region = async (name: string) => within(await screen.findByRole('region', { name }));

async function click(name: string | RegExp): Promise<void> {
  fireEvent.click(await button(name));
}

describe('models', () => {
  const data = [
    relative({ ref: 'weather_ds@1', role: 'training data' }),
    relative({ ref: 'gone@3', kind: null })
  ];
  const madeBy = { id: 'r', name: 'train', started: '2026-11-01T10:00:00Z' };

  beforeEach(() => {
    server.register('weather_ds');
    server.register('temp', 2, {
      kind: 'model',
      rows: null,
      columns: null,
      tags: { stage: 'trial' },
      data,
      data_total: 5,
      made_by: madeBy
    });
    server.runs = [run({ id: 'r', name: 'train' })];
  });

  it('are listed with their data, their run and their tags, and datasets without them', async () => {
    show('Datasets');
    await button(/^weather_ds/);
    expect(screen.queryByRole('button', { name: /^temp/ })).toBeNull();
    fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
    await button(/^temp @2/);
    expect(screen.queryByRole('button', { name: /^weather_ds @/ })).toBeNull();
    for (const text of [
      'training data',
      'gone@3',
      '(deleted)',
      'and 3 more',
      '81.2 kB',
      'stage=trial'
    ]) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    await click('weather_ds@1');
    await region('Version weather_ds@1');
    expect(model.tab).toBe('datasets');
    fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
    await click('train');
    await region('Details of run train');
  });

  it('tell of each version once it is open, and in its details what it was trained on', async () => {
    server.details.set('temp@1', { parents: data, parents_total: 2 });
    show('Models');
    await click(/^temp @2/);
    await button(/^temp@2/);
    expect(screen.getAllByText('training data')).toHaveLength(2);
    await click(/^temp@1/);
    const details = await region('Version temp@1');
    await details.findByText('Trained on');
    await click('Insert load cell');
    expect(inserted).toEqual([{ ref: 'temp@1', kind: 'model' }]);
  });

  it('are walked with the arrow keys, from a link as from its line', async () => {
    show('Models');
    const list = await screen.findByRole('list', { name: 'Models and versions' });
    (await button('weather_ds@1')).focus();
    fireEvent.keyDown(list, { key: 'ArrowRight' });
    await button(/^temp@1/);
    fireEvent.keyDown(list, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toMatch(/^temp@2/);
  });

  it('of which there are none: the line that registers one', async () => {
    server.versions = [];
    server.workspace = { ...server.workspace, models: 0 };
    show('Models');
    await screen.findByText('No models are registered yet');
    await button(/^Copy %ds model register NAME PATH/);
  });
});

describe('a version', () => {
  it('names what it was made from, what from it, and the models trained on it', async () => {
    server.register('weather_ds');
    const many = Array.from({ length: 8 }, (_, n) => relative({ ref: `next@${n + 1}` }));
    server.details.set('weather_ds@1', {
      parents: [relative({ ref: 'raw@1', likely: true })],
      parents_total: 1,
      made: [relative({ ref: 'temp@1', kind: 'model', role: 'test data' }), ...many],
      made_total: 9
    });
    show('Datasets');
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    const details = await region('Version weather_ds@1');
    await details.findByText('Made from');
    details.getByText('likely');
    details.getByText('test data');
    expect(details.queryByText('next@8')).toBeNull();
    await click('2 more');
    details.getByText('next@8');
    await click('temp@1');
    expect(model.tab).toBe('models');
    expect(model.models.selection?.ref).toBe('temp@1');
  });
});

describe('the details of a run', () => {
  const file = { path: 'data/new.csv', cells: [2], register: 'register new data/new.csv' };

  async function details(said: Partial<RunDetails>, ofRun: Partial<typeof first> = {}) {
    server.runs = [{ ...first, ...ofRun }];
    server.runDetails.set('a', said);
    show('Runs');
    await click('train');
    const shown = await region('Details of run train');
    await shown.findByText('Began');
    return shown;
  }
  const first = run({ id: 'a', name: 'train' });

  it('say which cell failed, and how long it took', async () => {
    const shown = await details(
      {},
      {
        status: 'failed',
        failure: { error: 'ValueError', cell: 7 },
        ended: '2026-11-01T10:03:20Z'
      }
    );
    shown.getByText('✗ failed');
    shown.getByText('Cell 7 failed: ValueError');
    shown.getByText('3 min 20 s');
  });

  it('tell inputs, outputs and models apart, and which input has a newer version', async () => {
    const inputs = [use({ how: 'trace', cells: [3, 5] })];
    const outputs = [
      use({ ref: 'clean@1', how: 'register', cells: [] }),
      use({ ref: 'temp@1', kind: 'model', how: 'register', cells: [6] })
    ];
    await details(
      { stale: [{ ref: 'weather_ds@1', newer: 'weather_ds@4', cells: [5] }] },
      { inputs, outputs, inputs_total: 3, outputs_total: 2 }
    );
    const read = await region('Inputs');
    read.getByText('read, cells 3, 5');
    read.getByText('weather_ds@4');
    read.getByText('and 2 more');
    (await region('Outputs')).getByText('registered');
    (await region('Models')).getByText('registered, cell 6');
  });

  it('tell the steps, each with how it stands, and lead there', async () => {
    const at = '2026-11-01T10:00:00Z';
    const children = [
      { id: 'b', name: 'prepare', started: at, status: 'completed' as const },
      { id: 'c', name: 'report', started: at, status: 'canceled' as const }
    ];
    await details({ children, children_total: 5 });
    const steps = await region('Steps');
    steps.getByText('✓ completed');
    steps.getByText('⊘ canceled');
    steps.getByText('and 3 more');
    await click('report');
    expect(model.history.selection?.id).toBe('c');
  });

  it('tell how a script was carried out, and what its code calls what it was given', async () => {
    const shown = await details(
      {
        parent: { id: 'p', name: 'pipeline', started: '2026-11-01T10:00:00Z' },
        job: {
          command: ['train.py', '--data', 'x'],
          exit_code: 1,
          reused: '0123456789',
          settings: { compute_target: 'cpu-cluster' }
        }
      },
      {
        status: 'canceled',
        job: 'step',
        failure: { error: 'KeyboardInterrupt', cell: 1 },
        inputs: [use({ called: 'raw' }), use({ ref: 'b@1', called: 'b' })],
        inputs_total: 2
      }
    );
    shown.getByText('⊘ canceled');
    expect(shown.queryByText(/KeyboardInterrupt/)).toBeNull();
    shown.getByText('train.py --data x');
    shown.getByText('1');
    shown.getByRole('button', { name: 'pipeline' });
    shown.getByRole('button', { name: '01234567' });
    shown.getByText('compute_target=cpu-cluster');
    shown.getByText('loaded, as raw, cell 1');
    shown.getByText('loaded, cell 1');
  });

  it('tell metrics, notes, code and environment', async () => {
    const shown = await details(
      {
        metrics: [{ name: 'rmse', value: '2.25', count: 2 }],
        metrics_total: 4,
        notes: [{ text: 'a try', at: '2026-11-01T10:00:00Z' }],
        notes_total: 1,
        packages: { pandas: '3.1.0' }
      },
      { commit: '3f1b2c4d5e6f', branch: 'main', dirty: true, experiment: 'temperature' }
    );
    for (const text of [
      'rmse',
      '2.25',
      'and 3 more',
      '3f1b2c4d5e',
      'temperature',
      'laptop',
      'pandas',
      'Environment (1)'
    ]) {
      shown.getByText(text);
    }
    shown.getByText(/^a try/);
    shown.getByText(/on main, with uncommitted changes/);
  });

  it('register a file that no version holds, where a notebook is open', async () => {
    insertable = false;
    await details({ untracked: [file], untracked_total: 2 });
    const register = (await button('Register data/new.csv')) as HTMLButtonElement;
    expect([register.disabled, register.title]).toEqual([true, 'Open a notebook first']);
    insertable = true;
    act(() => commands.notifyCommandChanged(CommandIDs.insertRegisterCell));
    expect(register.title).toBe(
      'Insert %ds register new data/new.csv below the active cell'
    );
    fireEvent.click(register);
    expect(inserted).toEqual([{ line: 'register new data/new.csv' }]);
    (await region('Untracked inputs')).getByText('and 1 more');
  });

  it('register none whose name would be code', async () => {
    await details({ written: [{ ...file, register: '' }], written_total: 1 });
    const files = await region('Unregistered outputs');
    const register = files.getByRole<HTMLButtonElement>('button');
    expect(register.disabled).toBe(true);
    expect(register.title).toMatch(/^Its name cannot be typed safely/);
  });

  it('close with Escape and with a second click', async () => {
    const shown = await details({});
    fireEvent.keyDown(shown.getByText('Began'), { key: 'Escape' });
    expect(model.history.selection).toBeNull();
    await click('train');
    await region('Details of run train');
    fireEvent.click(screen.getByRole('button', { name: 'train', pressed: true }));
    expect(screen.queryByRole('region', { name: 'Details of run train' })).toBeNull();
  });

  it('say why there are none, and try again', async () => {
    server.runs = [first];
    server.instead.set('runs', url =>
      url.pathname.endsWith('/a')
        ? refusal(404, 'RunNotFoundError', 'There is no run a.', 'See them all.')
        : { total: 1, offset: 0, items: server.runs }
    );
    show('Runs');
    await click('train');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('There is no run a.');
    server.instead.clear();
    await click('Retry');
    await (await region('Details of run train')).findByText('Began');
  });

  it('are kept while they are fetched anew', async () => {
    const shown = await details({ untracked: [file], untracked_total: 1 });
    server.runDetails.clear();
    act(() => server.change());
    shown.getByText('Began');
    await waitFor(() => expect(screen.queryByText('Untracked inputs')).toBeNull());
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Panel } from '../src/components/panel';
import { PanelContext } from '../src/components/context';
import { PanelModel } from '../src/model';
import type { Run } from '../src/records';
import { CommandIDs } from '../src/tokens';
import { drift, FakeServer, refusal, run, use, version } from './workspace';

const HOSTILE = '<img src=x onerror="window.hacked=1">';

let server: FakeServer;
let model: PanelModel;
let commands: CommandRegistry;
let inserted: unknown[];
let restored: unknown[];
let insertable: boolean;

beforeEach(() => {
  server = new FakeServer();
  model = new PanelModel(server.api);
  commands = new CommandRegistry();
  inserted = [];
  restored = [];
  insertable = true;
  commands.addCommand(CommandIDs.insertLoadCell, {
    isEnabled: () => insertable,
    execute: args => inserted.push(args['ref'])
  });
  commands.addCommand(CommandIDs.insertRestoreCell, {
    isEnabled: () => insertable,
    execute: args => restored.push(args['ref'])
  });
  commands.addCommand(CommandIDs.copyReference, {
    execute: args => inserted.push(args['ref'])
  });
});

afterEach(() => model.dispose());

function show(): void {
  const trans = nullTranslator.load('dsnb');
  render(
    <PanelContext.Provider value={{ model, commands, trans }}>
      <Panel />
    </PanelContext.Provider>
  );
  act(() => model.setVisible(true));
}

const button = (name: string | RegExp) => screen.findByRole('button', { name });

async function click(name: string | RegExp): Promise<void> {
  fireEvent.click(await button(name));
}

describe('the states', () => {
  it('no workspace: says how to register the first dataset', async () => {
    server.workspace = { ...server.workspace, exists: false };
    show();
    await screen.findByText('Register your first dataset');
    expect(screen.getByText('%ds register NAME PATH')).toBeTruthy();
    await button('Copy %ds register NAME PATH');
  });

  it('an empty workspace: says so', async () => {
    show();
    await screen.findByText('This workspace holds none yet. Run this line in a notebook.');
  });

  it('loading: keeps the place', () => {
    server.instead.set('workspace', () => new Promise(() => undefined));
    show();
    expect(screen.getByText('Loading…')).toBeTruthy();
  });

  it('an error: its message, its hint, and a way on', async () => {
    server.instead.set('workspace', () =>
      refusal(409, 'RegistryError', 'Broken.', 'Mend it.')
    );
    show();
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('Broken.');
    expect(alert.textContent).toContain('Mend it.');
    server.instead.clear();
    await click('Retry');
    await screen.findByRole('heading', { name: 'project' });
  });

  it('no server half: the commands that mend it', async () => {
    server.instead.set('workspace', () => new Response('', { status: 404 }));
    show();
    await screen.findByText('The server half of dsnb is not running');
    expect(screen.getByText('pip install dsnb')).toBeTruthy();
    expect(screen.getByText('jupyter server extension enable dsnb.server')).toBeTruthy();
  });

  it('halves of different age: both versions, and the command', async () => {
    server.workspace = { ...server.workspace, server: '9.9.9' };
    show();
    await screen.findByText(/^The panel is dsnb \S+, the server half 9\.9\.9$/);
    expect(screen.getByText('pip install --upgrade dsnb')).toBeTruthy();
  });

  it('models: none yet', async () => {
    show();
    await screen.findByRole('heading', { name: 'project' });
    fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
    await screen.findByText('No models are registered yet');
  });

  it('no runs: says when there will be some', async () => {
    show();
    fireEvent.click(screen.getByRole('tab', { name: 'Runs' }));
    await screen.findByText('No runs yet');
  });

  it('nothing found: says what was searched, and how to see all again', async () => {
    server.register('weather_ds');
    show();
    fireEvent.change(await screen.findByRole('searchbox', { name: 'Search datasets' }), {
      target: { value: 'xyz' }
    });
    await screen.findByText('No dataset’s name contains “xyz”');
    await click('Clear search');
    await button(/^weather_ds/);
  });
});

describe('the tabs', () => {
  it('are reached with the arrow keys', async () => {
    show();
    const list = screen.getByRole('tablist');
    const selected = () => screen.getByRole('tab', { selected: true });
    fireEvent.keyDown(list, { key: 'ArrowRight' });
    expect(selected().textContent).toBe('Runs');
    expect(document.activeElement).toBe(selected());
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    expect(selected().textContent).toBe('Models');
    expect(screen.getByRole('tabpanel').getAttribute('aria-labelledby')).toBe(
      selected().id
    );
    await waitFor(() => expect(model.workspace).not.toBeNull());
  });
});

describe('datasets', () => {
  beforeEach(() => {
    server.register('prepared');
    server.register('weather_ds', 2, { description: 'weeks 27, 28', aliases: ['prod'] });
  });

  it('open to their versions, newest first', async () => {
    show();
    const dataset = await button(/^weather_ds @2 1,006 rows/);
    expect(dataset.getAttribute('aria-expanded')).toBe('false');
    fireEvent.click(dataset);
    await button(/^weather_ds@2/);
    expect(dataset.getAttribute('aria-expanded')).toBe('true');
    const names = screen.getAllByRole('button', { name: /^weather_ds@/ });
    expect(names.map(({ textContent }) => textContent.slice(0, 12))).toEqual([
      'weather_ds@2',
      'weather_ds@1'
    ]);
  });

  it('are walked with the arrow keys, with one stop for the Tab key', async () => {
    show();
    const list = await screen.findByRole('list', { name: 'Datasets and versions' });
    const reachable = () => list.querySelectorAll('button[tabindex="0"]');
    expect(reachable()).toHaveLength(1);
    (await button(/^prepared/)).focus();
    fireEvent.keyDown(list, { key: 'ArrowDown' });
    await waitFor(() => expect(document.activeElement?.textContent).toMatch(/^weather_ds/));
    expect(reachable()).toHaveLength(1);
    fireEvent.keyDown(list, { key: 'ArrowRight' });
    await button(/^weather_ds@1/);
    fireEvent.keyDown(list, { key: 'ArrowRight' });
    await waitFor(() =>
      expect(document.activeElement?.textContent).toMatch(/^weather_ds@2/)
    );
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    await waitFor(() =>
      expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true')
    );
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('false');
  });

  it('show everything about a version', async () => {
    server.details.set('weather_ds@1', {
      newer: 'weather_ds@2',
      drift: drift({ drifted: 1, files: 2, what: ['weather.csv: 40 kB → 41 kB'] }),
      readers: [{ id: 'reads', name: 'evaluate', started: '2026-11-01T10:00:00Z' }],
      readers_total: 9,
      run: run({ id: 'r', name: 'train-temp' }),
      key: ['origin', 'time_hour']
    });
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    const details = within(
      await screen.findByRole('region', { name: 'Version weather_ds@1' })
    );
    await details.findByText('⚠ drifted');
    for (const text of [
      '↑ newer: @2',
      'weather.csv: 40 kB → 41 kB',
      '1 of 2 files changed on disk since this version was registered',
      'weeks 27, 28',
      'prod',
      'origin, time_hour',
      'b82ae803afcd',
      'train-temp',
      'evaluate',
      'and 8 more',
      'kept (snapshot)',
      '1,006 rows',
      '· 81.2 kB',
      'data/weather.csv',
      'double'
    ]) {
      expect(details.getByText(text)).toBeTruthy();
    }
    fireEvent.keyDown(details.getByText('prod'), { key: 'Escape' });
    expect(model.catalogue.selection).toBeNull();
  });

  it('offer to load a version, and its reference', async () => {
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    await screen.findByText('✓ unchanged');
    await click('Insert load cell');
    await click('Copy reference');
    expect(inserted).toEqual(['weather_ds@1', 'weather_ds@1']);
    await screen.findByText('Copied');
  });

  it('do not where there is no notebook', async () => {
    insertable = false;
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    const insert = (await button('Insert load cell')) as HTMLButtonElement;
    expect(insert.disabled).toBe(true);
    insertable = true;
    act(() => commands.notifyCommandChanged(CommandIDs.insertLoadCell));
    expect(insert.disabled).toBe(false);
  });

  it('are so many, and only the lines in sight exist', async () => {
    for (let index = 0; index < 2000; index++) {
      server.register(`x${index}`);
    }
    show();
    await button(/^prepared/);
    expect(screen.getAllByRole('listitem').length).toBeLessThan(60);
    expect(server.count('datasets')).toBe(1);
  });
});

describe('a version that drifted', () => {
  const drifted = drift({ drifted: 1, files: 2, what: ['weather.csv changed'] });
  const readers = [{ id: 'r', name: 'train-temp', started: '2026-11-01T10:00:00Z' }];

  async function details() {
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    await screen.findByText('⚠ drifted');
    return within(screen.getByRole('region', { name: 'Version weather_ds@1' }));
  }

  it('and is kept does no harm, and can be put back', async () => {
    server.register('weather_ds');
    server.details.set('weather_ds@1', { drift: drifted, readers, readers_total: 1 });
    const shown = await details();
    shown.getByText('kept (snapshot)');
    shown.getByText(/^Its snapshot is used/);
    shown.getByText('%ds restore weather_ds@1 --overwrite');
    shown.getByRole('button', { name: 'Copy %ds restore weather_ds@1 --overwrite' });
    expect(shown.queryByText(/^Concerns/)).toBeNull();
    await click('Insert restore cell');
    expect(restored).toEqual(['weather_ds@1']);
  });

  it('because its files vanished is put back without writing over any', async () => {
    server.register('weather_ds');
    const gone = drift({ drifted: 1, missing: 1, files: 1 });
    server.details.set('weather_ds@1', { drift: gone });
    const shown = await details();
    shown.getByText('Its file changed on disk since this version was registered');
    shown.getByText('%ds restore weather_ds@1');
  });

  it('and is not kept says whom that concerns', async () => {
    server.register('weather_ds', 1, { kept: false, aliases: ['prod'] });
    server.details.set('weather_ds@1', { drift: drifted, readers, readers_total: 1 });
    server.runs = [run({ id: 'r', name: 'train-temp' })];
    const shown = await details();
    shown.getByText('by reference');
    shown.getByText('Concerns the alias prod');
    shown.getByText('Concerns the runs that read it:');
    expect(shown.queryByText(/snapshot/)).toBeNull();
    expect(shown.queryByText(/restore/)).toBeNull();
    await click('train-temp');
    await screen.findByRole('article', { name: 'Run train-temp' });
  });
});

describe('a version that is deprecated', () => {
  it('says so in the list, and why in its details', async () => {
    server.register('weather_ds', 1, { deprecated: 'a sensor was broken' });
    show();
    await click(/^weather_ds @1 ⊘ deprecated/);
    await click(/^weather_ds@1 ⊘ deprecated/);
    await screen.findByText('Not to be used any more: a sensor was broken');
  });

  it('may have no reason', async () => {
    server.register('weather_ds', 1, { deprecated: '' });
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1 ⊘ deprecated/);
    await screen.findByText('Not to be used any more; no reason was given');
  });
});

describe('a version that is deleted', () => {
  it('is told where its details were', async () => {
    server.register('weather_ds', 2);
    show();
    await click(/^weather_ds/);
    await click(/^weather_ds@1/);
    await screen.findByText('✓ unchanged');
    server.versions.splice(0, 1);
    act(() => server.change());
    const told = await screen.findByRole('alert');
    expect(told.textContent).toContain('There is no weather_ds@1.');
    expect(screen.queryByRole('button', { name: /^weather_ds@1/ })).toBeNull();
  });
});

describe('runs', () => {
  const inputs = [use({ cells: [3] })];

  async function inputsOf(said: Partial<Run>) {
    server.runs = [run({ name: 'new', ...said })];
    show();
    fireEvent.click(screen.getByRole('tab', { name: 'Runs' }));
    const item = await screen.findByRole('article', { name: 'Run new' });
    return within(item.querySelector('dd') as HTMLElement);
  }

  it('are listed with what they read and made', async () => {
    server.register('weather_ds');
    server.runs = [
      run({ id: 'a', name: 'new', inputs }),
      run({ id: 'b', name: 'old', status: 'interrupted' }),
      run({ id: 'c', name: 'prepare', status: 'canceled', job: 'cell' })
    ];
    show();
    fireEvent.click(screen.getByRole('tab', { name: 'Runs' }));
    const item = within(await screen.findByRole('article', { name: 'Run new' }));
    expect(item.getByText('● running')).toBeTruthy();
    expect(item.getByText('project/train.ipynb')).toBeTruthy();
    expect(item.getByText('none')).toBeTruthy();
    expect(screen.getByText('⊘ interrupted')).toBeTruthy();
    const step = within(screen.getByRole('article', { name: 'Run prepare' }));
    expect(step.getByText('⊘ canceled')).toBeTruthy();
    expect(step.getByText('step')).toBeTruthy();
    fireEvent.click(item.getByRole('button', { name: 'weather_ds@1' }));
    await screen.findByRole('region', { name: 'Version weather_ds@1' });
  });

  it('name a version once, in however many ways it was used', async () => {
    const uses = [1, 2].flatMap(number => {
      const ref = `weather_ds@${number}`;
      return [use({ ref }), use({ ref, how: 'trace' })];
    });
    const shown = await inputsOf({ inputs: uses, inputs_total: 5 });
    expect(shown.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
      'weather_ds@1',
      'weather_ds@2'
    ]);
    shown.getByText('and 3 more');
  });

  it('name the first of many versions, and the others when asked to', async () => {
    const uses = Array.from({ length: 8 }, (_, n) => use({ ref: `a@${n + 1}` }));
    const shown = await inputsOf({ inputs: uses, inputs_total: 10 });
    fireEvent.click(shown.getByRole('button', { name: '4 more' }));
    expect(shown.getAllByRole('button')).toHaveLength(8);
    shown.getByText('and 2 more');
  });

  it('tell of a version that was deleted, and lead nowhere', async () => {
    const shown = await inputsOf({ inputs: [use({ deleted: true })] });
    shown.getByText('weather_ds@1');
    shown.getByText('(deleted)');
    expect(shown.queryByRole('button')).toBeNull();
    expect(document.querySelector('[data-dsnb-ref]')).toBeNull();
  });

  it('are highlighted when asked for', async () => {
    server.runs = [run({ id: 'a', name: 'new' }), run({ id: 'b', name: 'old' })];
    show();
    act(() => model.showRun('b'));
    const old = await screen.findByRole('article', { name: 'Run old' });
    expect(old.closest('li')?.getAttribute('aria-current')).toBe('true');
  });
});

describe('names and descriptions that are markup', () => {
  it('are text', async () => {
    server.versions = [
      version({ name: HOSTILE, ref: `${HOSTILE}@1`, description: HOSTILE })
    ];
    server.register('ok', 1, {
      description: HOSTILE,
      tags: { [HOSTILE]: HOSTILE },
      creator: HOSTILE
    });
    server.runs = [run({ name: HOSTILE, notebook: HOSTILE })];
    server.workspace = { ...server.workspace, name: HOSTILE };
    show();
    await click(/^ok/);
    await click(/^ok@1/);
    await screen.findByText('✓ unchanged');
    expect(screen.getAllByText(HOSTILE).length).toBeGreaterThan(2);
    fireEvent.click(screen.getByRole('tab', { name: 'Runs' }));
    await screen.findByRole('article', { name: `Run ${HOSTILE}` });
    expect(document.querySelector('img')).toBeNull();
    expect(vi.isFakeTimers()).toBe(false);
    expect('hacked' in window).toBe(false);
  });

  it('never become code', async () => {
    server.register('a\nimport os', 1);
    show();
    await click(/^a/);
    await click(/@1/);
    expect(model.catalogue.selection).toBeNull();
  });
});

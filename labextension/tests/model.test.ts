import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PanelModel } from '../src/model';
import { drift, FakeServer, refusal, run } from './workspace';

let server: FakeServer;
let model: PanelModel;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  model = new PanelModel(server.api);
});

afterEach(() => {
  model.dispose();
  vi.useRealTimers();
});

const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

const names = () => [...model.catalogue.list.loaded()].map(([, { name }]) => name);

describe('while the panel is hidden', () => {
  it('nothing is asked and no timer runs', async () => {
    model.setPath('project');
    await pass(120_000);
    expect(server.asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the request that waits is aborted', async () => {
    model.setVisible(true);
    await pass();
    expect(server.waiting[0]?.signal.aborted).toBe(false);
    model.setVisible(false);
    expect(server.waiting[0]?.signal.aborted).toBe(true);
    const asked = server.asked.length;
    await pass(120_000);
    expect(server.asked).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
    expect(model.error).toBeNull();
  });

  it('so it is when it was disposed of', async () => {
    model.setVisible(true);
    await pass();
    model.dispose();
    expect(server.waiting[0]?.signal.aborted).toBe(true);
    model.setVisible(true);
    expect(model.isLive).toBe(false);
  });
});

describe('while the panel is visible', () => {
  it('one request waits, and a change is shown at once', async () => {
    model.setVisible(true);
    await pass(5000);
    expect(server.waiting).toHaveLength(1);
    server.register('weather_ds');
    server.change();
    await pass(10);
    expect(names()).toEqual(['weather_ds']);
    expect(server.waiting).toHaveLength(1);
  });

  it('a server that answers at once is not asked in a tight circle', async () => {
    server.instead.set('changes', () => ({ state: '0' }));
    model.setVisible(true);
    await pass(10_000);
    expect(server.count('changes')).toBeLessThan(50);
  });

  it('a refresh keeps expansion, selection and search', async () => {
    server.register('weather_ds', 2);
    model.setVisible(true);
    await pass();
    model.catalogue.toggle('weather_ds');
    model.catalogue.select('weather_ds@1');
    await pass();
    server.change();
    await pass(300);
    expect(model.catalogue.isExpanded('weather_ds')).toBe(true);
    expect(model.catalogue.selection?.ref).toBe('weather_ds@1');
    expect(model.catalogue.selection?.details).not.toBeNull();
  });

  it('only the tab in sight is fetched', async () => {
    server.runs = [run({})];
    model.setVisible(true);
    await pass();
    expect(server.count('runs')).toBe(0);
    model.setTab('runs');
    await pass();
    expect(model.history.list.total).toBe(1);
  });

  it('a run asked for is looked for page by page, and highlighted', async () => {
    server.runs = Array.from({ length: 450 }, (_, index) => run({ id: `run-${index}` }));
    model.setVisible(true);
    model.showRun('run-333');
    await pass();
    expect(model.tab).toBe('runs');
    expect(model.history.place).toBe(333);
  });
});

describe('after an error', () => {
  it('the pauses become longer, and what was shown stays', async () => {
    server.register('weather_ds');
    model.setVisible(true);
    await pass();
    const fails = vi.fn(() => refusal(409, 'RegistryError', 'Broken.', ''));
    server.instead.set('workspace', fails);
    server.change();
    await pass(300);
    expect(model.error?.message).toBe('Broken.');
    expect(names()).toEqual(['weather_ds']);
    const inFirstMinute = await countDuring(fails, 60_000);
    const inFifthMinute = await countDuring(fails, 60_000);
    expect(inFirstMinute).toBeGreaterThan(inFifthMinute);
    expect(inFifthMinute).toBeLessThanOrEqual(2);
  });

  it('Retry tries at once, and the next success ends the error', async () => {
    server.instead.set('workspace', () => Promise.reject(new TypeError('down')));
    model.setVisible(true);
    await pass(30_000);
    expect(model.error?.kind).toBe('Unreachable');
    server.instead.clear();
    model.retry();
    await pass();
    expect(model.error).toBeNull();
    expect(model.workspace?.name).toBe('project');
  });

  async function countDuring(spy: { mock: { calls: unknown[] } }, milliseconds: number) {
    const before = spy.mock.calls.length;
    await pass(milliseconds);
    return spy.mock.calls.length - before;
  }
});

describe('after a cell was run', () => {
  const looks = () => server.count('datasets/weather_ds/versions/1');

  async function select(drifted: number) {
    server.register('weather_ds');
    server.details.set('weather_ds@1', { drift: drift({ drifted }) });
    model.setVisible(true);
    await pass();
    model.catalogue.select('weather_ds@1');
    await pass();
  }

  it('files that drifted are looked at again, as they may have been put back', async () => {
    await select(1);
    server.details.clear();
    model.lookAgain();
    expect(model.catalogue.selection?.details?.drift.drifted).toBe(1);
    await pass();
    expect(model.catalogue.selection?.details?.drift.drifted).toBe(0);
  });

  it('others are not, nor any while the panel is hidden', async () => {
    await select(0);
    const before = looks();
    model.lookAgain();
    model.setVisible(false);
    model.lookAgain();
    await pass();
    expect(looks()).toBe(before);
  });
});

describe('a search', () => {
  beforeEach(async () => {
    server.register('weather_ds');
    server.register('flights');
    model.setVisible(true);
    await pass();
  });

  it('is asked once for several keystrokes, within 50 ms', async () => {
    for (const text of ['w', 'we', 'wea']) {
      model.catalogue.setSearch(text);
      await pass(5);
    }
    await pass(50);
    expect(server.asked.filter(url => url.includes('search='))).toEqual(
      ['datasets?search=wea&offset=0&limit=100'].map(
        url => expect.stringContaining(url) as string
      )
    );
    expect(names()).toEqual(['weather_ds']);
  });

  it('drops the answer to one that was overtaken, however late it comes', async () => {
    const answers = new Map<string, (answer: unknown) => void>();
    server.instead.set('datasets', url => {
      const search = url.searchParams.get('search') ?? '';
      return new Promise(resolve => answers.set(search, resolve));
    });
    model.catalogue.setSearch('f');
    await pass(50);
    model.catalogue.setSearch('fl');
    await pass(50);
    answers.get('fl')?.({ total: 0, offset: 0, items: [] });
    await pass();
    answers.get('f')?.({ total: 7, offset: 0, items: [] });
    await pass();
    expect(model.catalogue.answered).toBe('fl');
    expect(model.catalogue.list.total).toBe(0);
  });

  it('keeps the former answer in sight until the new one is here', async () => {
    server.instead.set('datasets', () => new Promise(() => undefined));
    model.catalogue.setSearch('x');
    await pass(500);
    expect(names()).toEqual(['weather_ds', 'flights']);
  });
});

describe('another folder', () => {
  it('of the same workspace leaves everything as it is', async () => {
    server.register('weather_ds');
    model.setVisible(true);
    await pass();
    model.catalogue.toggle('weather_ds');
    model.setPath('project/notebooks');
    await pass();
    expect(model.catalogue.isExpanded('weather_ds')).toBe(true);
    expect(server.asked.at(-1)).toContain('path=project/notebooks');
  });

  it('of another workspace begins anew', async () => {
    server.register('weather_ds');
    model.setVisible(true);
    await pass();
    model.catalogue.select('weather_ds@1');
    server.workspace = { ...server.workspace, folder: 'other', name: 'other' };
    model.setPath('other');
    await pass();
    expect(model.catalogue.selection).toBeNull();
    expect(model.catalogue.isExpanded('weather_ds')).toBe(false);
    expect(model.workspace?.name).toBe('other');
  });
});

describe('a long list', () => {
  it('is fetched page by page, as it comes into sight', async () => {
    for (let index = 0; index < 2000; index++) {
      server.register(`ds-${String(index).padStart(4, '0')}`);
    }
    model.setVisible(true);
    await pass();
    const { list } = model.catalogue;
    expect(list.total).toBe(2000);
    expect(list.at(150)).toBeUndefined();
    void list.need(1490, 1510);
    void list.need(1490, 1510);
    await pass();
    expect(list.at(1500)?.name).toBe('ds-1500');
    expect(server.asked.filter(url => url.startsWith('datasets')).map(offset)).toEqual([
      '',
      '1400',
      '1500'
    ]);
  });

  it('is whole though the server sends less than it was asked for', async () => {
    for (let index = 0; index < 90; index++) {
      server.register(`ds-${index}`);
    }
    server.pageLimit = 40;
    model.setVisible(true);
    await pass();
    expect([...model.catalogue.list.loaded()]).toHaveLength(90);
    expect(server.asked.filter(url => url.startsWith('datasets')).map(offset)).toEqual([
      '',
      '40',
      '80'
    ]);
  });

  const offset = (url: string) => (/offset=([1-9]\d*)/.exec(url) ?? [])[1] ?? '';
});

import { Signal } from '@lumino/signaling';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KernelRun } from '../src/kernelrun';
import type { Place } from '../src/place';
import { runText } from '../src/status';
import { FakeServer, run, use } from './workspace';

class FakePlace {
  path = 'project';
  kernel: string | null = 'kernel-1';
  readonly changed = new Signal<this, void>(this);
  readonly executed = new Signal<this, void>(this);
}

let server: FakeServer;
let place: FakePlace;
let model: KernelRun;

const pass = (milliseconds = 1000) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  place = new FakePlace();
});

afterEach(() => {
  model.dispose();
  vi.useRealTimers();
});

const follow = () => {
  model = new KernelRun(server.api, place as unknown as Place);
};

describe('the run of the active notebook', () => {
  it('is known within a second of the cell’s end, and nothing is asked in between', async () => {
    follow();
    await pass();
    expect(model.run).toBeNull();
    const asked = server.asked.length;
    await pass(60_000);
    expect(server.asked).toHaveLength(asked);
    server.runs = [run({ inputs: [use({ ref: 'weather_ds@1' })] })];
    place.executed.emit();
    await pass();
    expect(model.run?.id).toBe('run-1');
  });

  it('is only that of its kernel', async () => {
    server.runs = [run({ kernel: 'kernel-2' })];
    follow();
    await pass();
    expect(model.run).toBeNull();
    place.kernel = 'kernel-2';
    place.changed.emit();
    await pass();
    expect(model.run?.kernel).toBe('kernel-2');
    place.kernel = null;
    place.changed.emit();
    expect(model.run).toBeNull();
  });

  it('is not the one from before a restart', async () => {
    server.runs = [run({ status: 'completed' })];
    follow();
    await pass();
    expect(model.run).toBeNull();
  });

  it('is asked for a few times a second at most', async () => {
    follow();
    await pass();
    const asked = server.count('runs');
    for (let index = 0; index < 100; index++) {
      place.executed.emit();
      await pass(10);
    }
    expect(server.count('runs') - asked).toBeLessThanOrEqual(4);
  });

  it('is not asked for where there is no workspace', async () => {
    server.workspace = { ...server.workspace, exists: false };
    follow();
    await pass();
    place.executed.emit();
    await pass();
    expect(server.count('runs')).toBe(0);
  });

  it('is not asked for again after each cell when there is no server half', async () => {
    server.instead.set('workspace', () => new Response('', { status: 404 }));
    follow();
    await pass();
    for (let index = 0; index < 5; index++) {
      place.executed.emit();
      await pass();
    }
    expect(server.asked).toHaveLength(1);
  });
});

describe('the status bar', () => {
  it.each([
    [0, 0, 'Run: 0 inputs, 0 outputs'],
    [1, 1, 'Run: 1 input, 1 output'],
    [2, 1, 'Run: 2 inputs, 1 output']
  ])('counts %i and %i', (inputs, outputs, text) => {
    follow();
    const uses = (count: number) =>
      Array.from({ length: count }, (_, i) => use({ ref: `a@${i + 1}` }));
    expect(
      runText(
        nullTranslator.load('dsnb'),
        run({ inputs: uses(inputs), outputs: uses(outputs) })
      )
    ).toBe(text);
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Panel } from '../src/components/panel';
import { PanelContext } from '../src/components/context';
import { PanelModel } from '../src/model';
import { FakeServer, profile } from './workspace';

const HOSTILE = '<img src=x onerror="window.hacked=1">';

let server: FakeServer;
let model: PanelModel;

beforeEach(() => {
  server = new FakeServer();
  model = new PanelModel(server.api);
});

afterEach(() => model.dispose());

/** Show the details of a version. */
async function show(ref: string): Promise<HTMLElement> {
  const trans = nullTranslator.load('dsnb');
  render(
    <PanelContext.Provider value={{ model, commands: new CommandRegistry(), trans }}>
      <Panel />
    </PanelContext.Provider>
  );
  act(() => {
    model.setVisible(true);
    model.showVersion(ref);
  });
  return screen.findByRole('region', { name: `Version ${ref}` });
}

/** Open the part with the profile. */
async function look(): Promise<void> {
  const summary = await screen.findByText('Profile');
  const part = summary.closest('details')!;
  part.open = true;
  fireEvent(part, new Event('toggle'));
}

const asked = () => server.asked.filter(url => url.includes('/profile?'));

describe('the profile', () => {
  it('is asked for once somebody looks, and shows each column in figures and words', async () => {
    server.register('weather_ds');
    server.profiles.set(
      'weather_ds@1 little',
      profile(
        [
          { missing: '0.4 %', distinct: '≈61' },
          { name: HOSTILE, range: HOSTILE, bars: [], picture: '', mean: '' }
        ],
        { columns_total: 9, notes: ['≈ is estimated, to a few per cent'] }
      )
    );
    const details = within(await show('weather_ds@1'));
    await details.findByText('Profile');
    expect(asked()).toEqual([]);
    await look();
    const table = within(
      await details.findByRole('group', { name: /^Profile of weather/ })
    );
    const [, temp, other] = table.getAllByRole('row');
    expect(within(temp!).getByRole('rowheader').textContent).toBe('tempfloat64');
    expect(
      within(temp!)
        .getAllByRole('cell')
        .map(cell => cell.lastChild?.nodeValue)
    ).toEqual([null, '0.4 %', '≈61', '66.02 · 78.08 · 98.96', '79.2 ± 6.1']);
    const picture = within(temp!).getByRole('img', {
      name: 'temp: from 66 to 99 in 3 bins'
    });
    const heights = [...picture.querySelectorAll('rect')].map(bar =>
      bar.getAttribute('height')
    );
    expect(heights).toEqual(['6.5', '26', '13']);
    expect(within(other!).queryByRole('img')).toBeNull();
    expect(other!.textContent).toContain(HOSTILE);
    expect(other!.querySelector('img')).toBeNull();
    expect(details.getByText('and 7 more')).toBeTruthy();
    expect(details.getByText('≈ is estimated, to a few per cent')).toBeTruthy();
    expect(asked()).toHaveLength(1);
  });

  it('of a large table is computed when that is asked for', async () => {
    server.register('prices', 1, { size: 1_200_000_000 });
    const why = 'not computed yet';
    server.profiles.set('prices@1 little', { profile: null, why, computable: true });
    server.profiles.set('prices@1 any', profile([{ name: 'price' }]));
    await show('prices@1');
    await look();
    await screen.findByText(/^Not computed yet: looking through 1.2 GB takes a while/);
    fireEvent.click(screen.getByRole('button', { name: 'Compute profile' }));
    await screen.findByRole('rowheader', { name: /^price/ });
    expect(asked().map(url => url.split('effort=')[1])).toEqual(['little', 'any']);
  });

  it('that takes long says so, and that it goes on', async () => {
    server.register('prices');
    server.profiles.set('prices@1 little', { profile: null, why: '', computable: true });
    await show('prices@1');
    await look();
    await screen.findByRole('button', { name: 'Compute profile' });
    server.instead.set('datasets', () => new Promise(() => undefined));
    fireEvent.click(screen.getByRole('button', { name: 'Compute profile' }));
    await screen.findByText('Loading…');
    await screen.findByText(/^Being computed/, {}, { timeout: 5_000 });
  });

  it('that there is none of says why', async () => {
    server.register('prices');
    const why = 'prices@1 has drifted.';
    server.profiles.set('prices@1 little', { profile: null, why, computable: false });
    await show('prices@1');
    await look();
    await screen.findByText('No profile: prices@1 has drifted.');
    expect(screen.queryByRole('button', { name: 'Compute profile' })).toBeNull();
  });

  it('that could not be asked for can be asked for again', async () => {
    server.register('prices');
    await show('prices@1');
    await look();
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('There is no prices@1.');
    expect(alert.textContent).toContain('See %ds versions.');
    server.profiles.set('prices@1 little', profile([{ name: 'price' }]));
    fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
    await screen.findByRole('rowheader', { name: /^price/ });
  });

  it('is read again where the files came back, and stays in sight until then', async () => {
    server.register('prices');
    const why = 'prices@1 has drifted.';
    server.profiles.set('prices@1 little', { profile: null, why, computable: false });
    const files = { missing: 0, unseen: 0, files: 1, news: 0, what: [] };
    server.details.set('prices@1', { drift: { ...files, drifted: 1 } });
    await show('prices@1');
    await look();
    await screen.findByText('No profile: prices@1 has drifted.');
    server.profiles.set('prices@1 little', profile([{ name: 'price' }]));
    server.details.set('prices@1', { drift: { ...files, drifted: 0 } });
    await act(() => model.catalogue.refresh());
    await screen.findByRole('rowheader', { name: /^price/ });
    const before = asked().length;
    await act(() => model.catalogue.refresh());
    expect(screen.getByRole('rowheader', { name: /^price/ })).toBeTruthy();
    expect(asked()).toHaveLength(before);
  });

  it('is not offered for what is no table', async () => {
    server.register('blobs', 1, { kind: 'file', format: null, rows: null, columns: null });
    const details = within(await show('blobs@1'));
    await details.findByText(/^Files/);
    expect(details.queryByText('Profile')).toBeNull();
  });
});

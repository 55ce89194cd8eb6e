import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Panel, Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PanelModel } from '../src/model';
import { DatasetsPanel } from '../src/panel';
import { FakeServer } from './workspace';

let model: PanelModel;
let sidebar: Panel;
let widget: DatasetsPanel;

beforeEach(() => {
  model = new PanelModel(new FakeServer().api);
  widget = new DatasetsPanel(model, new CommandRegistry(), nullTranslator.load('dsnb'));
  sidebar = new Panel();
  sidebar.addWidget(widget);
});

afterEach(() => {
  sidebar.dispose();
  model.dispose();
});

describe('the side panel', () => {
  it('is a region named as its tab', () => {
    expect(widget.node.getAttribute('role')).toBe('region');
    expect(widget.node.getAttribute('aria-label')).toBe('Datasets');
    expect(widget.title.caption).toBe('Datasets');
  });

  it('works only while it can be seen, also when what it lies in is hidden', () => {
    expect(model.isLive).toBe(false);
    Widget.attach(sidebar, document.body);
    expect(model.isLive).toBe(true);
    sidebar.hide();
    expect(model.isLive).toBe(false);
    sidebar.show();
    expect(model.isLive).toBe(true);
    widget.hide();
    expect(model.isLive).toBe(false);
    widget.show();
    Widget.detach(sidebar);
    expect(model.isLive).toBe(false);
  });

  it('rests while the page is in the background', () => {
    Widget.attach(sidebar, document.body);
    const state = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(model.isLive).toBe(false);
    state.mockReturnValue('visible');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(model.isLive).toBe(true);
  });
});

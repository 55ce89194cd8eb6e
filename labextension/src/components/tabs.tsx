import type { KeyboardEvent, ReactElement } from 'react';
import { useRef } from 'react';
import type { Tab } from '../model';
import { usePanel } from './context';

const TABS: readonly Tab[] = ['datasets', 'runs', 'models'];

/** Id of a tab, and of what it shows. */
export const tabId = (tab: Tab) => ({
  tab: `dsnb-tab-${tab}`,
  content: `dsnb-content-${tab}`
});

/** The panel's inner tabs; the arrow keys go from one to the next. */
export function Tabs(): ReactElement {
  const { model, trans } = usePanel();
  const list = useRef<HTMLDivElement>(null);
  const names: Record<Tab, string> = {
    datasets: trans.__('Datasets'),
    runs: trans.__('Runs'),
    models: trans.__('Models')
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const present = TABS.indexOf(model.tab);
    const wanted = {
      ArrowRight: (present + 1) % TABS.length,
      ArrowLeft: (present + TABS.length - 1) % TABS.length,
      Home: 0,
      End: TABS.length - 1
    }[event.key];
    const tab = wanted === undefined ? undefined : TABS[wanted];
    if (tab) {
      event.preventDefault();
      model.setTab(tab);
      list.current?.querySelector<HTMLElement>(`#${tabId(tab).tab}`)?.focus();
    }
  };
  return (
    <div
      ref={list}
      className="dsnb-Tabs"
      role="tablist"
      aria-label={trans.__('What to show')}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {TABS.map(tab => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={tabId(tab).tab}
          className="dsnb-Tab"
          aria-selected={tab === model.tab}
          aria-controls={tab === model.tab ? tabId(tab).content : undefined}
          tabIndex={tab === model.tab ? 0 : -1}
          onClick={() => model.setTab(tab)}
        >
          {names[tab]}
        </button>
      ))}
    </div>
  );
}

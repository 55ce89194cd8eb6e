import type { ReactElement } from 'react';
import { usePanel } from './context';
import { Notice } from './notice';
import { Shelf } from './shelf';

/** The tab "Datasets": the search, the list, and the selected version. */
export function Datasets(): ReactElement {
  const { model, trans } = usePanel();
  return (
    <Shelf
      catalogue={model.catalogue}
      count={model.workspace?.datasets ?? 0}
      words={{
        search: trans.__('Search datasets'),
        list: trans.__('Datasets and versions'),
        nothing: text => trans.__('No dataset’s name contains “%1”', text),
        found: count => trans._n('%1 dataset found', '%1 datasets found', count)
      }}
      empty={
        <Notice
          title={trans.__('Register your first dataset')}
          lines={['%ds register NAME PATH']}
        >
          <p>{trans.__('This workspace holds none yet. Run this line in a notebook.')}</p>
        </Notice>
      }
    />
  );
}

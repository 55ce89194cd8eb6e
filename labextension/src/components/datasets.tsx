import type { ReactElement } from 'react';
import { usePanel } from './context';
import { Details } from './details';
import { Notice } from './notice';
import { Skeleton } from './skeleton';
import { Tree } from './tree';

/** The tab "Datasets": the search, the list, and the selected version. */
export function Datasets(): ReactElement {
  const { model, trans } = usePanel();
  const { catalogue } = model;
  const isEmpty = model.workspace?.datasets === 0 && catalogue.list.total === 0;
  return (
    <div className="dsnb-Datasets">
      <input
        type="search"
        className="dsnb-Search"
        aria-label={trans.__('Search datasets')}
        placeholder={trans.__('Search datasets')}
        value={catalogue.search}
        disabled={isEmpty && catalogue.search === ''}
        onChange={event => catalogue.setSearch(event.target.value)}
      />
      <Found />
      {catalogue.selection && (
        <Details key={catalogue.selection.ref} selection={catalogue.selection} />
      )}
    </div>
  );
}

/** The list, or what is said in its place. */
function Found(): ReactElement {
  const { model, trans } = usePanel();
  const { catalogue } = model;
  const { list } = catalogue;
  if (list.total === null) {
    return list.error === null ? (
      <Skeleton rows={8} />
    ) : (
      <Notice
        urgent
        title={list.error.message}
        action={{ label: trans.__('Retry'), run: () => void catalogue.refresh() }}
      >
        {list.error.hint && <p>{list.error.hint}</p>}
      </Notice>
    );
  }
  if (list.total === 0) {
    return catalogue.answered === '' ? (
      <Notice
        title={trans.__('Register your first dataset')}
        lines={['%ds register NAME PATH']}
      >
        <p>{trans.__('This workspace holds none yet. Run this line in a notebook.')}</p>
      </Notice>
    ) : (
      <Notice
        title={trans.__('No dataset’s name contains “%1”', catalogue.answered)}
        action={{ label: trans.__('Clear search'), run: () => catalogue.setSearch('') }}
      />
    );
  }
  return (
    <>
      <span role="status" className="dsnb-Unseen">
        {catalogue.answered &&
          trans._n('%1 dataset found', '%1 datasets found', list.total)}
      </span>
      <Tree key={catalogue.answered} />
    </>
  );
}

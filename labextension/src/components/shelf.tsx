import type { ReactElement, ReactNode } from 'react';
import type { Catalogue } from '../catalogue';
import type { Version } from '../records';
import { usePanel } from './context';
import { Details } from './details';
import { Notice } from './notice';
import { Skeleton } from './skeleton';
import { Tree } from './tree';

/** What is said of what a shelf holds. */
export interface Words {
  readonly search: string;
  readonly list: string;
  readonly nothing: (search: string) => string;
  readonly found: (count: number) => string;
}

interface ShelfProps {
  readonly catalogue: Catalogue;
  /** How many there are in the workspace. */
  readonly count: number;
  readonly words: Words;
  /** What is shown where there are none. */
  readonly empty: ReactNode;
  /** What is shown below the line of a version. */
  readonly below?: (version: Version) => ReactNode;
}

/** A search, a list, and the selected version. */
export function Shelf(props: ShelfProps): ReactElement {
  const { catalogue, count, words } = props;
  const isEmpty = count === 0 && catalogue.list.total === 0;
  return (
    <div className="dsnb-Shelf">
      <input
        type="search"
        className="dsnb-Search"
        aria-label={words.search}
        placeholder={words.search}
        value={catalogue.search}
        disabled={isEmpty && catalogue.search === ''}
        onChange={event => catalogue.setSearch(event.target.value)}
      />
      <Found {...props} />
      {catalogue.selection && (
        <Details
          key={catalogue.selection.ref}
          catalogue={catalogue}
          selection={catalogue.selection}
        />
      )}
    </div>
  );
}

/** The list, or what is said in its place. */
function Found({ catalogue, words, empty, below }: ShelfProps): ReactElement {
  const { trans } = usePanel();
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
      <>{empty}</>
    ) : (
      <Notice
        title={words.nothing(catalogue.answered)}
        action={{ label: trans.__('Clear search'), run: () => catalogue.setSearch('') }}
      />
    );
  }
  return (
    <>
      <span role="status" className="dsnb-Unseen">
        {catalogue.answered && words.found(list.total)}
      </span>
      <Tree
        key={catalogue.answered}
        catalogue={catalogue}
        label={words.list}
        below={below}
      />
    </>
  );
}

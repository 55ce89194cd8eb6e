import type { Api } from './api';
import { PAGE_SIZE, PagedList } from './pages';
import type { Run } from './records';

/** Pages looked through for a run before giving up. */
const SEARCHED_PAGES = 50;

/** What the tab "Runs" shows: the runs, newest first, and which one was asked for. */
export class History {
  /**
   * @param api - Where the answers come from.
   * @param path - Says which folder's workspace is meant.
   * @param changed - Called whenever there is something else to show.
   */
  constructor(
    private readonly api: Api,
    private readonly path: () => string,
    private readonly changed: () => void
  ) {
    this._list = this.newList();
  }

  /** The runs. */
  get list(): PagedList<Run> {
    return this._list;
  }

  /** The run that is highlighted. */
  get highlighted(): string | null {
    return this._highlighted;
  }

  /** Counts the wishes to see the highlighted run, so that a second click scrolls to it again. */
  get wishes(): number {
    return this._wishes;
  }

  /** Where the highlighted run is in the list; null when it is not there, or not yet. */
  get place(): number | null {
    for (const [index, run] of this._list.loaded()) {
      if (run.id === this._highlighted) {
        return index;
      }
    }
    return null;
  }

  /** Highlight a run, fetching the list as far as it is. */
  show(id: string): void {
    this._highlighted = id;
    this._wishes += 1;
    this.changed();
    this.seek();
  }

  /** Fetch what is in sight anew. */
  refresh(): Promise<void> {
    return this._list.refresh();
  }

  /** Forget everything: another workspace is shown. */
  reset(): void {
    this._list.dispose();
    this._list = this.newList();
    this._highlighted = null;
    this.changed();
  }

  /** Stop what is under way. */
  dispose(): void {
    this._list.dispose();
  }

  private newList(): PagedList<Run> {
    return new PagedList(
      (offset, limit, signal) =>
        this.api.runs(this.path(), null, { offset, limit }, signal),
      () => {
        this.changed();
        this.seek();
      }
    );
  }

  /** Fetch the next page of the list while the highlighted run is in none that is here. */
  private seek(): void {
    const { _list: list, place } = this;
    if (this._highlighted === null || place !== null || list.total === null || list.error) {
      return;
    }
    const end = Math.min(list.total, SEARCHED_PAGES * PAGE_SIZE);
    for (let first = 0; first < end; first += PAGE_SIZE) {
      if (list.at(first) === undefined) {
        void list.need(first, first);
        return;
      }
    }
  }

  private _list: PagedList<Run>;
  private _highlighted: string | null = null;
  private _wishes = 0;
}

import type { Api, ApiError } from './api';
import { asApiError, PAGE_SIZE, PagedList } from './pages';
import type { Run, RunDetails } from './records';

/** Pages looked through for a run before giving up. */
const SEARCHED_PAGES = 50;

/** The selected run, as far as it is known. */
export interface SelectedRun {
  /** Its id. */
  readonly id: string;
  /** Everything about it; null while that is under way. */
  readonly details: RunDetails | null;
  /** Why there are no details. */
  readonly error: ApiError | null;
}

/** What the tab "Runs" shows: the runs, newest first, and which one is selected. */
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

  /** The run whose details are shown. */
  get selection(): SelectedRun | null {
    return this._selection;
  }

  /** Counts the wishes to see the selected run, so that a second click scrolls to it again. */
  get wishes(): number {
    return this._wishes;
  }

  /** Where the selected run is in the list; null when it is not there, or not yet. */
  get place(): number | null {
    for (const [index, run] of this._list.loaded()) {
      if (run.id === this._selection?.id) {
        return index;
      }
    }
    return null;
  }

  /** Select a run by its id, or none. */
  select(id: string | null): void {
    this.selecting.abort();
    this.selecting = new AbortController();
    this._selection = id === null ? null : { id, details: null, error: null };
    if (id !== null) {
      void this.fetchDetails(id, this.selecting.signal);
    }
    this.changed();
  }

  /** Select a run, fetching the list as far as it is. */
  show(id: string): void {
    this._wishes += 1;
    this.select(id);
    this.seek();
  }

  /** Fetch what is in sight anew; what is shown stays until then. */
  async refresh(): Promise<void> {
    const { selection } = this;
    this.selecting.abort();
    this.selecting = new AbortController();
    await Promise.all([
      this._list.refresh(),
      selection && this.fetchDetails(selection.id, this.selecting.signal)
    ]);
  }

  /** Forget everything: another workspace is shown. */
  reset(): void {
    this.dispose();
    this._list = this.newList();
    this.selecting = new AbortController();
    this._selection = null;
    this.changed();
  }

  /** Stop what is under way. */
  dispose(): void {
    this._list.dispose();
    this.selecting.abort();
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

  private async fetchDetails(id: string, signal: AbortSignal): Promise<void> {
    let found: SelectedRun;
    try {
      const details = await this.api.run(this.path(), id, signal);
      found = { id, details, error: null };
    } catch (error) {
      found = { id, details: null, error: asApiError(error) };
    }
    if (!signal.aborted) {
      this._selection = found;
      this.changed();
    }
  }

  /** Fetch the next page of the list while the selected run is in none that is here. */
  private seek(): void {
    const { _list: list, place } = this;
    if (this._selection === null || place !== null || list.total === null || list.error) {
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
  private selecting = new AbortController();
  private _selection: SelectedRun | null = null;
  private _wishes = 0;
}

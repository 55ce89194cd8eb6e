import type { Api, ApiError } from './api';
import { asApiError, PagedList } from './pages';
import { parseReference } from './records';
import type { Dataset, Effort, Version, VersionDetails, VersionProfile } from './records';

/** Milliseconds that a search waits for the next keystroke. */
const DEBOUNCE = 10;

/** The selected version, as far as it is known. */
export interface Selection {
  /** Its reference. */
  readonly ref: string;
  /** Everything about it; null while that is under way. */
  readonly details: VersionDetails | null;
  /** Why there are no details. */
  readonly error: ApiError | null;
}

/** What the tabs "Datasets" and "Models" show: the search, what is expanded, what is selected. */
export class Catalogue {
  /**
   * @param sort - Which of the two it lists.
   * @param api - Where the answers come from.
   * @param path - Says which folder's workspace is meant.
   * @param changed - Called whenever there is something else to show.
   */
  constructor(
    readonly sort: 'datasets' | 'models',
    private readonly api: Api,
    private readonly path: () => string,
    private readonly changed: () => void
  ) {
    this._list = this.listFor('');
  }

  /** How far the list is scrolled, in pixels: it is there again when its tab is. */
  offset = 0;

  /** The text in the search box. */
  get search(): string {
    return this._search;
  }

  /** The search whose answer the list is. */
  get answered(): string {
    return this._answered;
  }

  /** The datasets or models found. */
  get list(): PagedList<Dataset> {
    return this._list;
  }

  /** The version whose details are shown. */
  get selection(): Selection | null {
    return this._selection;
  }

  /** Whether a dataset's versions are shown. */
  isExpanded(name: string): boolean {
    return this.expanded.has(name);
  }

  /** The versions of an expanded dataset. */
  versionsOf(name: string): PagedList<Version> | undefined {
    return this.expanded.get(name);
  }

  /**
   * Search the datasets' names.
   *
   * The former answer stays until the new one is here; an answer to a search that was overtaken is
   * dropped.
   */
  setSearch(text: string): void {
    if (text === this._search) {
      return;
    }
    this._search = text;
    this.next?.dispose();
    this.next = null;
    clearTimeout(this.timer);
    if (text !== this._answered) {
      this.timer = setTimeout(() => void this.find(text), DEBOUNCE);
    }
    this.changed();
  }

  /** Show or hide a dataset's versions. */
  toggle(name: string): void {
    const versions = this.expanded.get(name);
    if (versions) {
      versions.dispose();
      this.expanded.delete(name);
    } else {
      this.expand(name);
    }
    this.changed();
  }

  /** Select a version by its reference, or nothing; its dataset is expanded. */
  select(ref: string | null): void {
    this.selecting.abort();
    this.selecting = new AbortController();
    const reference = ref === null ? null : parseReference(ref);
    if (ref === null || reference === null) {
      this._selection = null;
    } else {
      this.expand(reference.name);
      this._selection = { ref, details: null, error: null };
      void this.fetchDetails(ref, this.selecting.signal);
    }
    this.changed();
  }

  /** What the table of a listed version holds. */
  profile(
    { name, version }: Pick<Version, 'name' | 'version'>,
    effort: Effort,
    signal: AbortSignal
  ): Promise<VersionProfile> {
    return this.api.profile(this.path(), name, version, effort, signal);
  }

  /** Fetch everything shown anew; what is shown stays until then. */
  async refresh(): Promise<void> {
    const { selection } = this;
    this.selecting.abort();
    this.selecting = new AbortController();
    await Promise.all([
      this._list.refresh(),
      ...[...this.expanded.values()].map(versions => versions.refresh()),
      selection && this.fetchDetails(selection.ref, this.selecting.signal)
    ]);
  }

  /** Look again at files that drifted; what is shown stays until then. */
  async lookAgain(): Promise<void> {
    const { selection } = this;
    if (selection?.details && selection.details.drift.drifted > 0) {
      this.selecting.abort();
      this.selecting = new AbortController();
      await this.fetchDetails(selection.ref, this.selecting.signal);
    }
  }

  /** Forget everything: another workspace is shown. */
  reset(): void {
    this.dispose();
    this.expanded.clear();
    this._selection = null;
    this.selecting = new AbortController();
    this._search = '';
    this._answered = '';
    this.offset = 0;
    this._list = this.listFor('');
    this.changed();
  }

  /** Stop what is under way. */
  dispose(): void {
    clearTimeout(this.timer);
    this.next?.dispose();
    this.next = null;
    this._list.dispose();
    this.selecting.abort();
    for (const versions of this.expanded.values()) {
      versions.dispose();
    }
  }

  private async find(text: string): Promise<void> {
    const next = this.listFor(text);
    this.next = next;
    await next.need(0, 0);
    if (this.next === next) {
      this.next = null;
      this._list.dispose();
      this._list = next;
      this._answered = text;
      this.offset = 0;
      this.changed();
    }
  }

  private listFor(search: string): PagedList<Dataset> {
    const list: PagedList<Dataset> = new PagedList(
      (offset, limit, signal) =>
        this.api[this.sort](this.path(), search, { offset, limit }, signal),
      () => {
        if (list === this._list) {
          this.changed();
        }
      }
    );
    return list;
  }

  private expand(name: string): void {
    if (!this.expanded.has(name)) {
      const versions = new PagedList<Version>(
        (offset, limit, signal) =>
          this.api.versions(this.path(), name, { offset, limit }, signal),
        this.changed
      );
      this.expanded.set(name, versions);
      void versions.need(0, 0);
    }
  }

  private async fetchDetails(ref: string, signal: AbortSignal): Promise<void> {
    const reference = parseReference(ref);
    if (reference === null) {
      return;
    }
    const { name, version } = reference;
    let found: Selection;
    try {
      const details = await this.api.version(this.path(), name, version, signal);
      found = { ref, details, error: null };
    } catch (error) {
      found = { ref, details: null, error: asApiError(error) };
    }
    if (!signal.aborted) {
      this._selection = found;
      this.changed();
    }
  }

  private readonly expanded = new Map<string, PagedList<Version>>();
  private selecting = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next: PagedList<Dataset> | null = null;
  private _list: PagedList<Dataset>;
  private _search = '';
  private _answered = '';
  private _selection: Selection | null = null;
}

import type { Page } from './records';
import { ApiError } from './api';

/** Items in a page; the server sends at most 200. */
export const PAGE_SIZE = 100;

type Fetch<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;

interface Loaded<T> {
  readonly items: readonly T[];
  readonly generation: number;
}

/**
 * A long list of which only the pages in sight are fetched.
 *
 * A refresh keeps what is shown until the new page is here, so that nothing flickers or jumps;
 * pages out of sight are fetched anew when they are next looked at.
 */
export class PagedList<T> {
  /**
   * @param fetch - Fetches a part of the list.
   * @param changed - Called whenever what the list shows is another.
   */
  constructor(
    private readonly fetch: Fetch<T>,
    private readonly changed: () => void
  ) {}

  /** Number of items in the whole list; null while that is not known. */
  get total(): number | null {
    return this._total;
  }

  /** Why the last page could not be fetched, until one can. */
  get error(): ApiError | null {
    return this._error;
  }

  /** An item, or undefined while its page is not here. */
  at(index: number): T | undefined {
    return this.pages.get(Math.floor(index / PAGE_SIZE))?.items[index % PAGE_SIZE];
  }

  /** The items that are here, with their places. */
  *loaded(): Generator<[number, T]> {
    for (const [page, { items }] of [...this.pages].sort(([a], [b]) => a - b)) {
      for (const [index, item] of items.entries()) {
        yield [page * PAGE_SIZE + index, item];
      }
    }
  }

  /**
   * Say which items are in sight; fetches the pages that are missing or out of date.
   *
   * @param first - First item.
   * @param last - Last item, included.
   */
  async need(first: number, last: number): Promise<void> {
    const end = this._total === null ? 0 : Math.max(0, this._total - 1);
    this.window = [
      Math.floor(Math.min(first, end) / PAGE_SIZE),
      Math.floor(Math.min(last, end) / PAGE_SIZE)
    ];
    const fetches: Promise<void>[] = [];
    for (let page = this.window[0]; page <= this.window[1]; page++) {
      if (
        this.pages.get(page)?.generation !== this.generation &&
        this.asked.get(page) !== this.generation &&
        !this.disposed.signal.aborted
      ) {
        fetches.push(this.load(page));
      }
    }
    await Promise.all(fetches);
  }

  /** Fetch what is in sight anew. */
  async refresh(): Promise<void> {
    this.generation += 1;
    this.fetching.abort();
    this.fetching = new AbortController();
    await this.need(this.window[0] * PAGE_SIZE, this.window[1] * PAGE_SIZE);
  }

  /** Stop what is under way; answers that still come are dropped. */
  dispose(): void {
    this.fetching.abort();
    this.disposed.abort();
  }

  private async load(page: number): Promise<void> {
    const { generation } = this;
    const { signal } = this.fetching;
    this.asked.set(page, generation);
    try {
      const { total, items } = await this.fetchWhole(page, signal);
      if (signal.aborted) {
        return;
      }
      this.pages.set(page, { items, generation });
      this._total = total;
      this._error = null;
      for (const key of this.pages.keys()) {
        if (key * PAGE_SIZE >= total) {
          this.pages.delete(key);
        }
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.asked.delete(page);
      this._error = asApiError(error);
    }
    this.changed();
  }

  /** The server may send less than it was asked for: long descriptions must not make it slow. */
  private async fetchWhole(
    page: number,
    signal: AbortSignal
  ): Promise<Omit<Page<T>, 'offset'>> {
    const first = page * PAGE_SIZE;
    const items: T[] = [];
    for (;;) {
      const limit = PAGE_SIZE - items.length;
      const answer = await this.fetch(first + items.length, limit, signal);
      items.push(...answer.items);
      const isWhole = items.length >= PAGE_SIZE || first + items.length >= answer.total;
      if (isWhole || answer.items.length === 0 || signal.aborted) {
        return { total: answer.total, items };
      }
    }
  }

  private readonly pages = new Map<number, Loaded<T>>();
  private readonly asked = new Map<number, number>();
  private readonly disposed = new AbortController();
  private fetching = new AbortController();
  private generation = 0;
  private window: [number, number] = [0, 0];
  private _total: number | null = null;
  private _error: ApiError | null = null;
}

/** Any error as one that can be shown. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('Unexpected', String(error), '');
}

/** Seconds that the server may hold a request back when nothing changes. */
const WAIT = 25;
/** Milliseconds between two refreshes at least, however fast a notebook registers. */
const PACE = 250;
/** Milliseconds before the first and at most before any further attempt after an error. */
const BACK_OFF = { first: 1000, most: 30_000 };

/** What the live loop asks and tells. */
export interface Source {
  /** Answers with the present state as soon as it is another than `state`, or after a while. */
  changes(state: string, wait: number, signal: AbortSignal): Promise<{ state: string }>;
  /** Fetches what is shown; returns its state. */
  refresh(signal: AbortSignal): Promise<string>;
  /** An attempt failed; another follows. */
  failed(error: unknown): void;
}

/**
 * Keeps what is shown like what is on disk: one request at a time waits at the server for a change.
 *
 * Between {@link LiveLoop.stop} and {@link LiveLoop.start} nothing runs, no request and no timer.
 */
export class LiveLoop {
  /**
   * @param source - What is kept up to date.
   */
  constructor(private readonly source: Source) {}

  /** Whether it runs. */
  get running(): boolean {
    return this.control !== null;
  }

  /** Start with a refresh, unless it runs. */
  start(): void {
    if (this.control === null) {
      this.control = new AbortController();
      void this.run(this.control.signal);
    }
  }

  /** Stop, and abort the request that waits. */
  stop(): void {
    this.control?.abort();
    this.control = null;
  }

  /** Begin anew at once, without waiting for a back-off to end; does nothing while stopped. */
  restart(): void {
    if (this.running) {
      this.stop();
      this.start();
    }
  }

  private async run(signal: AbortSignal): Promise<void> {
    let known: string | null = null;
    let failures = 0;
    while (!signal.aborted) {
      try {
        known ??= await this.source.refresh(signal);
        const asked = Date.now();
        const { state } = await this.source.changes(known, WAIT, signal);
        failures = 0;
        if (state !== known) {
          known = null;
        }
        // A server that answers at once must not be asked in a tight circle.
        await pause(PACE - (Date.now() - asked), signal);
      } catch (error) {
        if (isAborted(signal)) {
          return;
        }
        this.source.failed(error);
        known = null;
        await pause(Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** failures), signal);
        failures += 1;
      }
    }
  }

  private control: AbortController | null = null;
}

/** A call, because the compiler takes it that a property it has seen false stays so. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Wait, or less when the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

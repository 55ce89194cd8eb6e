import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  Dataset,
  Effort,
  LockAnswer,
  Page,
  Run,
  RunDetails,
  Version,
  VersionDetails,
  VersionProfile,
  Workspace
} from './records';

const ROOT = 'dsnb/api/v1';

/** What went wrong, in the words the server half has for it where it has some. */
export class ApiError extends Error {
  /**
   * @param kind - Name of the error's class; `ServerMissing`, `Unreachable` and `Refused` are ours.
   * @param message - What happened.
   * @param hint - What to do next.
   */
  constructor(
    readonly kind: string,
    message: string,
    readonly hint: string
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Which part of a list to send. */
export interface Range {
  readonly offset: number;
  readonly limit: number;
}

type Query = Record<string, string | number>;

/** The REST interface of the server half, with the answers' types. */
export class Api {
  /**
   * @param settings - How to reach the Jupyter server.
   */
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** The workspace that a folder lies in. */
  workspace(path: string, signal: AbortSignal): Promise<Workspace> {
    return this.get(['workspace'], { path }, signal);
  }

  /** Answers when the workspace's state is another than `state`, or after `wait` seconds. */
  changes(
    path: string,
    state: string,
    wait: number,
    signal: AbortSignal
  ): Promise<{ state: string }> {
    return this.get(['changes'], { path, state, wait }, signal);
  }

  /** The datasets whose name contains `search`. */
  datasets(
    path: string,
    search: string,
    range: Range,
    signal: AbortSignal
  ): Promise<Page<Dataset>> {
    return this.get(['datasets'], { path, search, ...range }, signal);
  }

  /** The models whose name contains `search`. */
  models(
    path: string,
    search: string,
    range: Range,
    signal: AbortSignal
  ): Promise<Page<Dataset>> {
    return this.get(['models'], { path, search, ...range }, signal);
  }

  /** The versions of a dataset or a model, newest first. */
  versions(
    path: string,
    name: string,
    range: Range,
    signal: AbortSignal
  ): Promise<Page<Version>> {
    return this.get(['datasets', name, 'versions'], { path, ...range }, signal);
  }

  /** Everything about one version. */
  version(
    path: string,
    name: string,
    number: number,
    signal: AbortSignal
  ): Promise<VersionDetails> {
    return this.get(['datasets', name, 'versions', String(number)], { path }, signal);
  }

  /** What the table of a version holds, if that costs no more than `effort`. */
  profile(
    path: string,
    name: string,
    number: number,
    effort: Effort,
    signal: AbortSignal
  ): Promise<VersionProfile> {
    return this.get(
      ['datasets', name, 'versions', String(number), 'profile'],
      { path, effort },
      signal
    );
  }

  /** The runs, newest first; with `kernel` only those of that kernel. */
  runs(
    path: string,
    kernel: string | null,
    range: Range,
    signal: AbortSignal
  ): Promise<Page<Run>> {
    return this.get(
      ['runs'],
      { path, ...(kernel === null ? {} : { kernel }), ...range },
      signal
    );
  }

  /** Everything about one run. */
  run(path: string, id: string, signal: AbortSignal): Promise<RunDetails> {
    return this.get(['runs', id], { path }, signal);
  }

  /** What the file of a notebook shall say of the versions that its kernel used. */
  lock(path: string, kernel: string, signal: AbortSignal): Promise<LockAnswer> {
    return this.get(['lock'], { path, kernel }, signal);
  }

  private async get<T>(
    parts: readonly string[],
    query: Query,
    signal: AbortSignal
  ): Promise<T> {
    const entries = Object.entries(query).map(([key, value]) => [key, String(value)]);
    const url =
      URLExt.join(this.settings.baseUrl, ROOT, ...parts.map(encodeURIComponent)) +
      `?${new URLSearchParams(entries).toString()}`;
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, { signal }, this.settings);
    } catch (error) {
      // JupyterLab wraps an aborted request as a network error too: the caller asks its signal.
      throw new ApiError(
        'Unreachable',
        'The Jupyter server does not answer.',
        error instanceof Error ? error.message : ''
      );
    }
    if (!response.ok) {
      throw await refusal(response);
    }
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError(
        'Unreadable',
        'The Jupyter server gave an answer that cannot be read.',
        `${response.status} ${response.statusText}`
      );
    }
  }
}

/** Our server half always names the kind of error; whatever does not comes from Jupyter itself. */
async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'kind' in body && 'message' in body) {
    return new ApiError(
      String(body.kind),
      String(body.message),
      'hint' in body ? String(body.hint) : ''
    );
  }
  if (response.status === 404) {
    return new ApiError('ServerMissing', 'The server half of dsnb is not running.', '');
  }
  if (response.status === 401 || response.status === 403) {
    return new ApiError(
      'Refused',
      'The Jupyter server does not let you read datasets.',
      'Reload the page and log in again.'
    );
  }
  return new ApiError(
    'Failed',
    `The Jupyter server failed: ${response.status} ${response.statusText}`,
    'Its log says why.'
  );
}

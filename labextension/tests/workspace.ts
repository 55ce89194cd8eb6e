import { ServerConnection } from '@jupyterlab/services';
import { Api } from '../src/api';
import type {
  ColumnProfile,
  Dataset,
  Lock,
  Locked,
  Relative,
  Run,
  RunDetails,
  Use,
  Version,
  VersionDetails,
  VersionProfile,
  Workspace
} from '../src/records';
import manifest from '../package.json';

type Answer = (url: URL, signal: AbortSignal) => unknown;

/** A server half made of records: answers as the contract says, and remembers what it was asked. */
export class FakeServer {
  workspace: Workspace = {
    server: manifest.version,
    exists: true,
    folder: 'project',
    name: 'project',
    state: '0',
    datasets: 0,
    models: 0
  };
  versions: Version[] = [];
  details = new Map<string, Partial<VersionDetails>>();
  /** By reference, with the effort it takes: `prices@1 any`. */
  profiles = new Map<string, VersionProfile>();
  runs: Run[] = [];
  /** By the run's id. */
  runDetails = new Map<string, Partial<RunDetails>>();
  /** Whether the workspace wants locks, and what its kernels used. */
  locks = { enabled: true, lock: lock([]) };
  /** Items in an answer at most, however many were asked for. */
  pageLimit = 200;
  /** What was asked, as `workspace?path=…`, in order. */
  readonly asked: string[] = [];
  /** Answers in place of the records: by the first part of the route. */
  readonly instead = new Map<string, Answer>();
  /** The requests to `/changes` that wait. */
  readonly waiting: { signal: AbortSignal; answer: (state: string) => void }[] = [];

  readonly settings = ServerConnection.makeSettings({
    baseUrl: 'http://server/base/',
    fetch: request => this.fetch(request as Request)
  });

  readonly api = new Api(this.settings);

  /** Tell whoever waits that something changed. */
  change(): void {
    this.workspace = { ...this.workspace, state: String(Number(this.workspace.state) + 1) };
    for (const { signal, answer } of this.waiting.splice(0)) {
      if (!signal.aborted) {
        answer(this.workspace.state);
      }
    }
  }

  /** Register a dataset with so many versions. */
  register(name: string, count = 1, more: Partial<Version> = {}): void {
    for (let number = 1; number <= count; number++) {
      this.versions.push(
        version({ name, version: number, latest: number === count, ...more })
      );
    }
    this.workspace = {
      ...this.workspace,
      datasets: this.datasets('', false).length,
      models: this.datasets('', true).length
    };
  }

  /** How often a route was asked. */
  count(part: string): number {
    return this.asked.filter(url => url.startsWith(part)).length;
  }

  private async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const route = url.pathname.replace('/base/dsnb/api/v1/', '');
    const query = [...url.searchParams].filter(([, value]) => value !== '');
    this.asked.push(`${route}?${query.map(pair => pair.join('=')).join('&')}`);
    const other = this.instead.get(route.split('/')[0] ?? '');
    const answer = await (other ?? this.answer.bind(this))(url, request.signal);
    return answer instanceof Response ? answer : Response.json(answer);
  }

  private answer(url: URL, signal: AbortSignal): unknown {
    const parts = url.pathname
      .replace('/base/dsnb/api/v1/', '')
      .split('/')
      .map(decodeURIComponent);
    const named = parts.map((part, index) => (index === 1 ? 'NAME' : part));
    switch (named.join('/').replace(/\/\d+/, '/N')) {
      case 'workspace':
        return this.workspace;
      case 'changes':
        return new Promise((resolve, reject) => {
          this.waiting.push({ signal, answer: state => resolve({ state }) });
          signal.addEventListener('abort', () =>
            reject(new DOMException('', 'AbortError'))
          );
        });
      case 'lock':
        return this.locks;
      case 'datasets':
      case 'models':
        return page(
          url,
          this.datasets(url.searchParams.get('search') ?? '', parts[0] === 'models'),
          this.pageLimit
        );
      case 'runs/NAME':
        return this.runOf(parts[1] ?? '');
      case 'datasets/NAME/versions':
        return page(
          url,
          this.versions.filter(({ name }) => name === parts[1]).reverse(),
          this.pageLimit
        );
      case 'datasets/NAME/versions/N':
        return this.detailsOf(`${parts[1]}@${parts[3]}`);
      case 'datasets/NAME/versions/N/profile':
        return this.profileOf(
          `${parts[1]}@${parts[3]}`,
          url.searchParams.get('effort') ?? ''
        );
      default: {
        const kernel = url.searchParams.get('kernel');
        return page(
          url,
          this.runs.filter(run => kernel === null || run.kernel === kernel),
          this.pageLimit
        );
      }
    }
  }

  private datasets(search: string, models: boolean): Dataset[] {
    const latest = this.versions.filter(
      item =>
        item.latest && item.name.includes(search) && (item.kind === 'model') === models
    );
    return latest.map(item => ({ name: item.name, versions: item.version, latest: item }));
  }

  private runOf(id: string): RunDetails | Response {
    const found = this.runs.find(item => item.id === id);
    return found
      ? {
          run: found,
          host: 'laptop',
          notebook_digest: null,
          metrics: [],
          metrics_total: 0,
          notes: [],
          notes_total: 0,
          packages: {},
          stale: [],
          untracked: [],
          untracked_total: 0,
          written: [],
          written_total: 0,
          parent: null,
          children: [],
          children_total: 0,
          job: null,
          ...this.runDetails.get(id)
        }
      : refusal(404, 'RunNotFoundError', `There is no run ${id}.`, 'See %ds runs.');
  }

  private profileOf(ref: string, effort: string): VersionProfile | Response {
    return (
      this.profiles.get(`${ref} ${effort}`) ??
      refusal(404, 'VersionNotFoundError', `There is no ${ref}.`, 'See %ds versions.')
    );
  }

  private detailsOf(ref: string): VersionDetails | Response {
    const found = this.versions.find(item => item.ref === ref);
    return found
      ? {
          version: found,
          key: [],
          schema: [{ name: 'temp', type: 'double' }],
          paths: ['data'],
          file_list: [{ path: 'data/weather.csv', size: 81_200, hash: 'abc' }],
          drift: drift({}),
          newer: null,
          run: null,
          from_memory: false,
          readers: [],
          readers_total: 0,
          parents: [],
          parents_total: 0,
          made: [],
          made_total: 0,
          ...this.details.get(ref)
        }
      : refusal(404, 'VersionNotFoundError', `There is no ${ref}.`, 'See %ds versions.');
  }
}

/** A profile of some columns. */
export function profile(
  columns: readonly Partial<ColumnProfile>[],
  more: Partial<NonNullable<VersionProfile['profile']>> = {}
): VersionProfile {
  return {
    profile: {
      rows: 1006,
      columns: columns.map(column => ({
        name: 'temp',
        type: 'float64',
        missing: '',
        distinct: '61',
        range: '66.02 · 78.08 · 98.96',
        mean: '79.2 ± 6.1',
        bars: [1, 4, 2],
        picture: 'temp: from 66 to 99 in 3 bins',
        ...column
      })),
      columns_total: columns.length,
      notes: [],
      ...more
    },
    why: '',
    computable: false
  };
}

/** A version with what a test says about it. */
export function version(said: Partial<Version>): Version {
  const { name = 'weather_ds', version: number = 1 } = said;
  return {
    ref: `${name}@${number}`,
    name,
    version: number,
    id: `${name}-${number}`,
    description: '',
    created: '2026-11-01T10:00:00Z',
    creator: 'ada',
    kind: 'tabular',
    format: 'csv',
    rows: 1006,
    columns: 1,
    files: 1,
    size: 81_200,
    digest: 'b82ae803afcd1234',
    tags: {},
    aliases: [],
    latest: true,
    kept: true,
    deprecated: null,
    ...said
  };
}

/** A run with what a test says about it. */
export function run(said: Partial<Run>): Run {
  return {
    id: 'run-1',
    name: 'train',
    status: 'running',
    job: null,
    failure: null,
    experiment: '',
    notebook: 'project/train.ipynb',
    kernel: 'kernel-1',
    started: '2026-11-01T10:00:00Z',
    ended: null,
    user: 'ada',
    commit: null,
    branch: null,
    dirty: false,
    tags: {},
    inputs: [],
    outputs: [],
    ...said
  };
}

/** A version that a run used, with what a test says about it. */
export function use(said: Partial<Use>): Use {
  const kind = said.deleted ? null : 'tabular';
  return { ref: 'weather_ds@1', kind, deleted: false, how: 'load', cells: [1], ...said };
}

/** A version beside another, with what a test says about it. */
export function relative(said: Partial<Relative>): Relative {
  return { ref: 'weather_ds@1', kind: 'tabular', role: '', likely: false, ...said };
}

/** A lock with some inputs, as `weather_ds@1`, and some outputs. */
export function lock(inputs: readonly string[], outputs: readonly string[] = []): Lock {
  return {
    schema: 1,
    inputs: inputs.map(ref => locked(ref, 'load')),
    outputs: outputs.map(ref => locked(ref, 'register'))
  };
}

/** One version in a lock; its digest is that of its number. */
export function locked(ref: string, ...how: Locked['how']): Locked {
  const [name = '', number = ''] = ref.split('@');
  return { name, version: Number(number), digest: number.padStart(64, '0'), how };
}

/** Files that drifted, with what a test says about them. */
export function drift(said: Partial<VersionDetails['drift']>): VersionDetails['drift'] {
  return { drifted: 0, missing: 0, unseen: 0, files: 1, news: 0, what: [], ...said };
}

/** An error as the server half sends it. */
export function refusal(
  status: number,
  kind: string,
  message: string,
  hint: string
): Response {
  return Response.json({ kind, message, hint }, { status });
}

function page(url: URL, all: readonly unknown[], most: number): unknown {
  const offset = Number(url.searchParams.get('offset'));
  const limit = Math.min(most, Number(url.searchParams.get('limit')));
  return { total: all.length, offset, items: all.slice(offset, offset + limit) };
}

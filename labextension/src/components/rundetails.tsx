import { closeIcon } from '@jupyterlab/ui-components';
import type { KeyboardEvent, ReactElement, ReactNode } from 'react';
import type { SelectedRun } from '../history';
import type { Job, RunDetails, Use } from '../records';
import { durationText, numberText } from '../units';
import { Chips } from './chips';
import { usePanel } from './context';
import { Fact } from './facts';
import { Moment } from './moment';
import { Notice } from './notice';
import { RunLink } from './readers';
import { Rest } from './rest';
import { calledText, cellsText, failureText, stateText } from './runtexts';
import { Skeleton } from './skeleton';
import { UnregisteredFiles } from './unregistered';
import { VersionLink } from './versionlink';

/** The selected run: how it stands, what it read and made, and with what. */
export function SelectedRunDetails({
  selection,
  name
}: {
  readonly selection: SelectedRun;
  readonly name: string;
}): ReactElement {
  const { model, trans } = usePanel();
  const { id, details, error } = selection;
  const close = () => model.history.select(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape closes it
    <section
      className="dsnb-Details"
      aria-label={trans.__('Details of run %1', name)}
      onKeyDown={onKeyDown}
    >
      <div className="dsnb-Details-head">
        <h3 className="dsnb-Details-ref" title={id}>
          {name}
        </h3>
        {details && (
          <span className="dsnb-Badge">{stateText(trans, details.run.status)}</span>
        )}
        <button
          type="button"
          className="dsnb-IconButton dsnb-Details-close"
          aria-label={trans.__('Close details')}
          title={trans.__('Close details')}
          onClick={close}
        >
          <closeIcon.react tag="span" />
        </button>
      </div>
      <div className="dsnb-Details-body">
        {details && <Facts details={details} />}
        {!details && error && (
          <Notice
            small
            urgent
            title={error.message}
            action={{ label: trans.__('Retry'), run: () => model.history.select(id) }}
          >
            {error.hint && <p>{error.hint}</p>}
          </Notice>
        )}
        {!details && !error && <Skeleton rows={6} />}
      </div>
    </section>
  );
}

function Facts({ details }: { readonly details: RunDetails }): ReactElement {
  const { trans } = usePanel();
  const { run } = details;
  const models = run.outputs.filter(use => use.kind === 'model');
  const outputs = run.outputs.filter(use => use.kind !== 'model');
  return (
    <>
      {run.failure && run.status !== 'canceled' && (
        <div className="dsnb-Callout">
          <p>{failureText(trans, run.failure)}</p>
        </div>
      )}
      {run.status === 'interrupted' && (
        <p className="dsnb-Quiet">
          {trans.__('Its process is gone, and never said that the run ended')}
        </p>
      )}
      <Uses
        name={trans.__('Inputs')}
        uses={run.inputs}
        total={run.inputs_total}
        details={details}
      />
      <UnregisteredFiles
        name={trans.__('Untracked inputs')}
        files={details.untracked}
        total={details.untracked_total}
      />
      <Uses
        name={trans.__('Outputs')}
        uses={outputs}
        total={Math.max(0, (run.outputs_total ?? 0) - distinct(models))}
        details={details}
      />
      <Uses
        name={trans.__('Models')}
        uses={models}
        total={distinct(models)}
        details={details}
      />
      <UnregisteredFiles
        name={trans.__('Unregistered outputs')}
        files={details.written}
        total={details.written_total}
      />
      <Steps details={details} />
      <Metrics details={details} />
      <Notes details={details} />
      <dl className="dsnb-Facts">
        <Where details={details} />
      </dl>
      <Packages details={details} />
    </>
  );
}

/** A part of the details, below its name. */
function Part({
  name,
  children
}: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <section className="dsnb-Part" aria-label={name}>
      <h4>{name}</h4>
      {children}
    </section>
  );
}

interface UsesProps {
  readonly name: string;
  readonly uses: readonly Use[];
  readonly total: number | undefined;
  readonly details: RunDetails;
}

function Uses({ name, uses, total, details }: UsesProps): ReactElement | null {
  const { trans } = usePanel();
  const how = {
    load: trans.__('loaded'),
    trace: trans.__('read'),
    register: trans.__('registered')
  };
  if (uses.length === 0) {
    return null;
  }
  const newer = new Map(details.stale.map(one => [one.ref, one.newer]));
  return (
    <Part name={name}>
      <ul className="dsnb-Relatives">
        {uses.map((use, index) => {
          const overtaken = newer.get(use.ref);
          return (
            <li key={index}>
              <VersionLink of={use.ref} kind={use.kind} />
              <span className="dsnb-Quiet">
                {[how[use.how], calledText(trans, use), cellsText(trans, use.cells)]
                  .filter(Boolean)
                  .join(', ')}
              </span>
              {overtaken && (
                <span className="dsnb-Newer">
                  {trans.__('↑ newer:')} <VersionLink of={overtaken} kind={use.kind} />
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <Rest count={(total ?? 0) - distinct(uses)} />
    </Part>
  );
}

/** The runs that are a part of it. */
function Steps({ details }: { readonly details: RunDetails }): ReactElement | null {
  const { trans } = usePanel();
  const { children, children_total: total } = details;
  return children.length === 0 ? null : (
    <Part name={trans.__('Steps')}>
      <ul className="dsnb-Relatives">
        {children.map(run => (
          <li key={run.id}>
            <RunLink run={run} />
            <span className="dsnb-Quiet">{stateText(trans, run.status)}</span>
          </li>
        ))}
      </ul>
      <Rest count={total - children.length} />
    </Part>
  );
}

function Metrics({ details }: { readonly details: RunDetails }): ReactElement | null {
  const { trans } = usePanel();
  const { metrics, metrics_total: total } = details;
  return metrics.length === 0 ? null : (
    <Part name={trans.__('Metrics')}>
      <table className="dsnb-Table">
        <tbody>
          {metrics.map(metric => (
            <tr key={metric.name}>
              <th scope="row">{metric.name}</th>
              <td
                className="dsnb-mod-number"
                title={trans._n('recorded once', 'the last of %1 values', metric.count)}
              >
                {metric.value}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest count={total - metrics.length} />
    </Part>
  );
}

function Notes({ details }: { readonly details: RunDetails }): ReactElement | null {
  const { trans } = usePanel();
  const { notes, notes_total: total } = details;
  return notes.length === 0 ? null : (
    <Part name={trans.__('Notes')}>
      {notes.map((note, index) => (
        <p key={index} className="dsnb-Description">
          {note.text} <Moment at={note.at} />
        </p>
      ))}
      <Rest count={total - notes.length} />
    </Part>
  );
}

/** Where, when and from which code. */
function Where({ details }: { readonly details: RunDetails }): ReactElement {
  const { trans } = usePanel();
  const { run, host, notebook_digest: digest } = details;
  return (
    <>
      <Fact name={trans.__('Part of')}>
        {details.parent && <RunLink run={details.parent} />}
      </Fact>
      {details.job && <Carried job={details.job} />}
      <Fact name={trans.__('Experiment')}>{run.experiment}</Fact>
      <Fact name={trans.__('Tags')}>
        {Object.keys(run.tags).length > 0 && <Chips tags={run.tags} />}
      </Fact>
      <Fact name={trans.__('Notebook')}>
        {run.notebook && (
          <span title={digest === null ? undefined : `BLAKE3 ${digest}`}>
            {run.notebook}
          </span>
        )}
      </Fact>
      <Fact name={trans.__('Code')}>
        {run.commit && (
          <>
            <code title={run.commit}>{run.commit.slice(0, 10)}</code>
            {run.branch && ` ${trans.__('on %1', run.branch)}`}
            {run.dirty && `, ${trans.__('with uncommitted changes')}`}
          </>
        )}
      </Fact>
      <Fact name={trans.__('Began')}>
        <Moment at={run.started} /> {run.user && trans.__('by %1', run.user)}
      </Fact>
      <Fact name={trans.__('Took')}>
        {run.ended !== null && durationText(trans, run.started, run.ended)}
      </Fact>
      <Fact name={trans.__('On')}>{host}</Fact>
    </>
  );
}

/** How a run was carried out that is no session. */
function Carried({ job }: { readonly job: Job }): ReactElement {
  const { trans } = usePanel();
  return (
    <>
      <Fact name={trans.__('Command')}>
        {job.command.length > 0 && <code>{job.command.join(' ')}</code>}
      </Fact>
      <Fact name={trans.__('Exit code')}>{job.exit_code?.toString()}</Fact>
      <Fact name={trans.__('Outputs taken from')}>
        {job.reused && <RunLink run={{ id: job.reused, name: job.reused.slice(0, 8) }} />}
      </Fact>
      <Fact name={trans.__('Not done here')}>
        {Object.keys(job.settings).length > 0 && <Chips tags={job.settings} />}
      </Fact>
    </>
  );
}

function Packages({ details }: { readonly details: RunDetails }): ReactElement | null {
  const { trans } = usePanel();
  const packages = Object.entries(details.packages);
  return packages.length === 0 ? null : (
    <details className="dsnb-More">
      <summary>{trans.__('Environment (%1)', numberText(packages.length))}</summary>
      <table className="dsnb-Table">
        <tbody>
          {packages.map(([name, version]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** A version that was used in two ways is still one version. */
function distinct(uses: readonly Use[]): number {
  return new Set(uses.map(use => use.ref)).size;
}

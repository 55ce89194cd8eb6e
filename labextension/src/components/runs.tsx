import { useVirtualizer } from '@tanstack/react-virtual';
import type { ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Run, Use } from '../records';
import { numberText } from '../units';
import { usePanel } from './context';
import { Moment } from './moment';
import { Notice } from './notice';
import { SelectedRunDetails } from './rundetails';
import { failureText, jobText, stateText } from './runtexts';
import { Skeleton } from './skeleton';
import { VersionLink } from './versionlink';

/** Height of a run with an input and an output; the others are measured. */
const ROW_HEIGHT = 112;
/** Inputs or outputs listed at first. */
const USES_SHOWN = 6;

/** The tab "Runs": newest first, each with what it read and made, and the selected one. */
export function Runs(): ReactElement {
  const { model } = usePanel();
  const { selection, place, list } = model.history;
  const listed = place === null ? undefined : list.at(place);
  const name = selection?.details?.run.name ?? listed?.name;
  return (
    <div className="dsnb-Shelf">
      <Found />
      {selection && (
        <SelectedRunDetails
          key={selection.id}
          selection={selection}
          name={name || selection.id}
        />
      )}
    </div>
  );
}

/** The list, or what is said in its place. */
function Found(): ReactElement {
  const { model, trans } = usePanel();
  const { list } = model.history;
  if (list.total === null) {
    return list.error === null ? (
      <Skeleton rows={8} />
    ) : (
      <Notice
        urgent
        title={list.error.message}
        action={{ label: trans.__('Retry'), run: () => void model.history.refresh() }}
      >
        {list.error.hint && <p>{list.error.hint}</p>}
      </Notice>
    );
  }
  if (list.total === 0) {
    return (
      <Notice title={trans.__('No runs yet')} lines={['%load_ext dsnb']}>
        <p>
          {trans.__(
            'A notebook’s session becomes a run as soon as it reads or registers a dataset.'
          )}
        </p>
      </Notice>
    );
  }
  return <RunList total={list.total} />;
}

function RunList({ total }: { readonly total: number }): ReactElement {
  const { model, trans } = usePanel();
  const { history } = model;
  const { list, selection, wishes, place } = history;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: index => list.at(index)?.id ?? index,
    overscan: 4
  });
  const items = virtual.getVirtualItems();

  useEffect(() => {
    const [first, last] = [items[0], items[items.length - 1]];
    if (first && last) {
      void list.need(first.index, last.index);
    }
  });
  const known = place !== null;
  useEffect(() => {
    if (history.place !== null) {
      virtual.scrollToIndex(history.place, { align: 'start' });
    }
    // Only a new wish scrolls, or the moment when the run is found: a refresh leaves the list alone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wishes, known]);

  return (
    <div ref={scroller} className="dsnb-Scroller">
      <ul
        className="dsnb-Rows"
        aria-label={trans.__('Runs')}
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, key, start }) => {
          const run = list.at(index);
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className="dsnb-Row dsnb-Run"
              aria-posinset={index + 1}
              aria-setsize={total}
              aria-current={run && run.id === selection?.id ? 'true' : undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              {run ? (
                <RunItem run={run} />
              ) : (
                <div className="dsnb-Run-blank" style={{ height: ROW_HEIGHT }}>
                  <span className="dsnb-Bone" />
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function RunItem({ run }: { readonly run: Run }): ReactElement {
  const { model, trans } = usePanel();
  const { history } = model;
  const selected = history.selection?.id === run.id;
  return (
    <article aria-label={trans.__('Run %1', run.name || run.id)}>
      <div className="dsnb-Run-head">
        <button
          type="button"
          className="dsnb-Run-name"
          aria-pressed={selected}
          title={run.id}
          onClick={() => history.select(selected ? null : run.id)}
        >
          {run.name || run.id}
        </button>
        <span
          className="dsnb-Badge"
          title={run.failure ? failureText(trans, run.failure) : undefined}
        >
          {stateText(trans, run.status)}
        </span>
      </div>
      <div className="dsnb-Run-where">
        {run.job !== null && <span>{jobText(trans, run.job)}</span>}
        {run.notebook !== null && (
          <span className="dsnb-Run-notebook" title={run.notebook}>
            {run.notebook}
          </span>
        )}
        <Moment at={run.started} />
      </div>
      <dl className="dsnb-Run-uses">
        <dt>{trans.__('Inputs')}</dt>
        <dd>
          <Uses uses={run.inputs} total={run.inputs_total} />
        </dd>
        <dt>{trans.__('Outputs')}</dt>
        <dd>
          <Uses uses={run.outputs} total={run.outputs_total} />
        </dd>
      </dl>
    </article>
  );
}

interface UsesProps {
  readonly uses: readonly Use[];
  /** How many versions there are, when the server sent only the first. */
  readonly total: number | undefined;
}

function Uses({ uses, total }: UsesProps): ReactElement {
  const { trans } = usePanel();
  const [all, setAll] = useState(false);
  // A version that was used in two ways is still one version.
  const versions = [...new Map(uses.map(use => [use.ref, use])).values()];
  if (versions.length === 0) {
    return <span className="dsnb-Quiet">{trans.__('none')}</span>;
  }
  const shown = all ? versions : versions.slice(0, USES_SHOWN);
  const rest = (total ?? versions.length) - shown.length;
  return (
    <ul className="dsnb-Uses">
      {shown.map(({ ref, kind }) => (
        <li key={ref}>
          <VersionLink of={ref} kind={kind} />
        </li>
      ))}
      {shown.length === versions.length && rest > 0 && (
        <li className="dsnb-Quiet">{trans.__('and %1 more', numberText(rest))}</li>
      )}
      {shown.length < versions.length && (
        <li>
          <button type="button" className="dsnb-Link" onClick={() => setAll(true)}>
            {trans.__('%1 more', numberText(rest))}
          </button>
        </li>
      )}
    </ul>
  );
}

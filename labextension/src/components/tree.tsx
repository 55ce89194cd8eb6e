import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { FocusEvent, KeyboardEvent, ReactElement, ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Catalogue } from '../catalogue';
import type { Version } from '../records';
import { numberText } from '../units';
import { Deprecated } from './badge';
import { usePanel } from './context';
import { Moment } from './moment';
import { Reference } from './reference';
import { datasetKey, needRows, rowsOf } from './rows';
import type { Row } from './rows';

const ROW_HEIGHT = 26;
/** Height of a line with something below it, until it is measured. */
const TALL = 72;

interface TreeProps {
  readonly catalogue: Catalogue;
  readonly label: string;
  /** What is shown below the line of a version, and of a closed model for its latest one. */
  readonly below?: ((version: Version) => ReactNode) | undefined;
}

/**
 * Datasets or models with their versions, as one list of which only the lines in sight exist.
 *
 * One line at a time takes part in the order of the Tab key; the arrow keys move between lines,
 * open and close.
 */
export function Tree({ catalogue, label, below }: TreeProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const rows = rowsOf(catalogue);
  const activeIndex = Math.max(
    0,
    rows.findIndex(row => row.key === active)
  );
  /** The version that is told more of below a line; an open model's are told in their own. */
  const shownOf = (row: Row | undefined): Version | null =>
    row?.kind === 'version'
      ? row.version
      : row?.kind === 'dataset' && !catalogue.isExpanded(row.dataset.name)
        ? row.dataset.latest
        : null;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: index => (below && shownOf(rows[index]) ? TALL : ROW_HEIGHT),
    getItemKey: index => rows[index]?.key ?? index,
    initialOffset: catalogue.offset,
    overscan: 8,
    // The line with the focus stays, wherever one scrolls.
    rangeExtractor: range => {
      const indices = defaultRangeExtractor(range);
      return active === null || indices.includes(activeIndex)
        ? indices
        : [...indices, activeIndex].sort((a, b) => a - b);
    }
  });
  const items = virtual.getVirtualItems();
  const shown = items.flatMap(item => rows[item.index] ?? []);

  // Lists drop what they already have or have asked for, so that asking is free.
  useEffect(() => needRows(catalogue, shown));

  const focusRow = (index: number) => {
    const row = rows[index];
    if (row) {
      setActive(row.key);
      virtual.scrollToIndex(index);
      // At once, as the next key may follow at once; a line out of sight has yet to be drawn.
      const button = buttonOf(scroller.current, row.key);
      if (button) {
        button.focus();
      } else {
        requestAnimationFrame(() => buttonOf(scroller.current, row.key)?.focus());
      }
    }
  };
  // A link below a line has the focus for it.
  const onFocus = (event: FocusEvent) => {
    const line = event.target.closest<HTMLElement>('[data-dsnb-row]');
    setActive(line?.dataset['dsnbRow'] ?? active);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = move(event.key, activeIndex, rows, name => catalogue.isExpanded(name));
    if (target !== null) {
      event.preventDefault();
      if (target.toggle !== undefined) {
        catalogue.toggle(target.toggle);
      } else {
        focusRow(target.index);
      }
    }
  };
  return (
    <div
      ref={scroller}
      className="dsnb-Scroller"
      onScroll={event => {
        catalogue.offset = event.currentTarget.scrollTop;
      }}
    >
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of its buttons */}
      <ul
        className="dsnb-Rows"
        aria-label={label}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
      >
        {items.map(({ index, key, start, size }) => {
          const row = rows[index];
          const version = below && shownOf(row);
          // Only what may be of any height is measured.
          const measured = below && { ref: virtual.measureElement, 'data-index': index };
          const transform = `translateY(${start}px)`;
          return (
            row && (
              <li
                key={key}
                {...measured}
                className={below ? 'dsnb-Row dsnb-mod-tall' : 'dsnb-Row'}
                aria-posinset={index + 1}
                aria-setsize={rows.length}
                style={below ? { transform } : { height: size, transform }}
                data-dsnb-row={row.key}
              >
                <RowButton
                  catalogue={catalogue}
                  row={row}
                  reachable={index === activeIndex}
                />
                {version && below(version)}
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

interface RowButtonProps {
  readonly catalogue: Catalogue;
  readonly row: Row;
  readonly reachable: boolean;
}

function RowButton({ catalogue, row, reachable }: RowButtonProps): ReactElement {
  const { trans } = usePanel();
  if (row.kind === 'blank') {
    return <span className="dsnb-Bone" />;
  }
  const common = {
    type: 'button' as const,
    'data-dsnb-key': row.key,
    tabIndex: reachable ? 0 : -1
  };
  if (row.kind === 'dataset') {
    const { name, latest } = row.dataset;
    const expanded = catalogue.isExpanded(name);
    const amount =
      latest.rows === null
        ? trans._n('%1 file', '%1 files', latest.files)
        : trans._n('1 row', '%2 rows', latest.rows, numberText(latest.rows));
    return (
      <button
        {...common}
        className="dsnb-RowButton dsnb-Dataset"
        aria-expanded={expanded}
        data-dsnb-ref={latest.ref}
        data-dsnb-kind={latest.kind}
        title={latest.description ? `${name}\n${latest.description}` : name}
        onClick={() => catalogue.toggle(name)}
      >
        <span className="dsnb-Chevron" aria-hidden="true" />
        <span className="dsnb-Dataset-name">{name}</span>{' '}
        <span className="dsnb-Dataset-latest">@{latest.version}</span>{' '}
        <Deprecated version={latest} />{' '}
        {latest.kind === 'model' ? (
          <Moment at={latest.created} />
        ) : (
          <span className="dsnb-Amount">{amount}</span>
        )}
      </button>
    );
  }
  const { version } = row;
  const selected = catalogue.selection?.ref === version.ref;
  return (
    <button
      {...common}
      className="dsnb-RowButton dsnb-Version"
      aria-pressed={selected}
      data-dsnb-ref={version.ref}
      data-dsnb-kind={version.kind}
      title={version.description ? `${version.ref}\n${version.description}` : version.ref}
      onClick={() => catalogue.select(selected ? null : version.ref)}
    >
      <Reference text={version.ref} /> <Deprecated version={version} />{' '}
      {version.aliases.length > 0 && (
        <span className="dsnb-Aliases">{version.aliases.join(', ')}</span>
      )}{' '}
      <Moment at={version.created} />
    </button>
  );
}

function buttonOf(scroller: HTMLElement | null, key: string): HTMLElement | undefined {
  const buttons = scroller?.querySelectorAll<HTMLElement>('[data-dsnb-key]') ?? [];
  return [...buttons].find(button => button.dataset['dsnbKey'] === key);
}

/** Where a key leads to: another line, or a dataset to open or close. */
function move(
  key: string,
  from: number,
  rows: readonly Row[],
  isExpanded: (name: string) => boolean
): { readonly index: number; readonly toggle?: string } | null {
  const row = rows[from];
  switch (key) {
    case 'ArrowDown':
      return { index: Math.min(rows.length - 1, from + 1) };
    case 'ArrowUp':
      return { index: Math.max(0, from - 1) };
    case 'Home':
      return { index: 0 };
    case 'End':
      return { index: rows.length - 1 };
    case 'ArrowRight':
    case 'ArrowLeft':
      if (row?.kind === 'dataset') {
        const { name } = row.dataset;
        const opens = key === 'ArrowRight';
        if (isExpanded(name) !== opens) {
          return { index: from, toggle: name };
        }
        return opens ? { index: from + 1 } : null;
      }
      if (row?.kind === 'version' && key === 'ArrowLeft') {
        return { index: rows.findIndex(other => other.key === datasetKey(row.name)) };
      }
      return null;
    default:
      return null;
  }
}

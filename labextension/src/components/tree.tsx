import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { numberText } from '../units';
import { Deprecated } from './badge';
import { usePanel } from './context';
import { Moment } from './moment';
import { Reference } from './reference';
import { datasetKey, needRows, rowsOf } from './rows';
import type { Row } from './rows';

const ROW_HEIGHT = 26;

/**
 * The datasets with their versions, as one list of which only the lines in sight exist.
 *
 * One line at a time takes part in the order of the Tab key; the arrow keys move between lines,
 * open and close.
 */
export function Tree(): ReactElement {
  const { model, trans } = usePanel();
  const { catalogue } = model;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const rows = rowsOf(catalogue);
  const activeIndex = Math.max(
    0,
    rows.findIndex(row => row.key === active)
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
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
        aria-label={trans.__('Datasets and versions')}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {items.map(({ index, key, start, size }) => {
          const row = rows[index];
          return (
            row && (
              <li
                key={key}
                className="dsnb-Row"
                aria-posinset={index + 1}
                aria-setsize={rows.length}
                style={{ height: size, transform: `translateY(${start}px)` }}
              >
                <RowButton
                  row={row}
                  reachable={index === activeIndex}
                  onFocus={() => setActive(row.key)}
                />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

interface RowButtonProps {
  readonly row: Row;
  readonly reachable: boolean;
  readonly onFocus: () => void;
}

function RowButton({ row, reachable, onFocus }: RowButtonProps): ReactElement {
  const { model, trans } = usePanel();
  const { catalogue } = model;
  if (row.kind === 'blank') {
    return <span className="dsnb-Bone" />;
  }
  const common = {
    type: 'button' as const,
    'data-dsnb-key': row.key,
    tabIndex: reachable ? 0 : -1,
    onFocus
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
        title={latest.description ? `${name}\n${latest.description}` : name}
        onClick={() => catalogue.toggle(name)}
      >
        <span className="dsnb-Chevron" aria-hidden="true" />
        <span className="dsnb-Dataset-name">{name}</span>{' '}
        <span className="dsnb-Dataset-latest">@{latest.version}</span>{' '}
        <Deprecated version={latest} /> <span className="dsnb-Amount">{amount}</span>
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

import type { ReactElement } from 'react';
import type { ColumnProfile, Profile } from '../records';
import { usePanel } from './context';
import { Rest } from './rest';

/** Pixels of a histogram. */
const WIDTH = 80;
const HEIGHT = 28;

/**
 * The columns of a table with what they hold.
 *
 * What tells most comes first, as the panel is narrow; the rest is scrolled to, and what each row
 * is of stays in sight.
 */
export function ProfileTable(props: {
  readonly profile: Profile;
  readonly of: string;
}): ReactElement {
  const { trans } = usePanel();
  const { profile, of } = props;
  return (
    <>
      {/* What scrolls must be reached without a mouse. */}
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex */}
      <div
        className="dsnb-Wide"
        role="group"
        aria-label={trans.__('Profile of %1', of)}
        tabIndex={0}
      >
        <table className="dsnb-Table dsnb-Profile">
          <thead>
            <tr>
              <th scope="col">{trans.__('Column')}</th>
              <th scope="col">{trans.__('Distribution')}</th>
              <th scope="col" className="dsnb-mod-number">
                {trans.__('Missing')}
              </th>
              <th scope="col" className="dsnb-mod-number">
                {trans.__('Distinct')}
              </th>
              <th scope="col">{trans.__('Min · median · max')}</th>
              <th scope="col">{trans.__('Mean ± std')}</th>
            </tr>
          </thead>
          <tbody>
            {profile.columns.map((column, index) => (
              <tr key={index}>
                <th scope="row" title={`${column.name}\n${column.type}`}>
                  {column.name}
                  <div className="dsnb-Quiet">{column.type}</div>
                </th>
                <td>
                  <Histogram column={column} />
                </td>
                <td className="dsnb-mod-number">{column.missing}</td>
                <td className="dsnb-mod-number">{column.distinct}</td>
                <td title={column.range}>{column.range}</td>
                <td>{column.mean}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {/* eslint-enable jsx-a11y/no-noninteractive-tabindex */}
      <Rest count={profile.columns_total - profile.columns.length} />
      {profile.notes.map(note => (
        <p key={note} className="dsnb-Quiet dsnb-Profile-note">
          {note}
        </p>
      ))}
    </>
  );
}

/** How the values of a column are spread. */
function Histogram({ column }: { readonly column: ColumnProfile }): ReactElement | null {
  const { bars, picture } = column;
  const highest = Math.max(...bars, 1);
  const width = WIDTH / Math.max(bars.length, 1);
  const gap = Math.min(1, width / 4);
  return bars.length > 0 ? (
    <svg
      className="dsnb-Histogram"
      role="img"
      aria-label={picture}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
    >
      <title>{picture}</title>
      <path className="dsnb-Histogram-floor" d={`M0,${HEIGHT - 0.5}h${WIDTH}`} />
      {bars.map((count, index) => {
        // Whatever is there at all is seen.
        const tall = count > 0 ? Math.max(1, (count / highest) * (HEIGHT - 2)) : 0;
        return (
          <rect
            key={index}
            x={index * width}
            y={HEIGHT - tall}
            width={width - gap}
            height={tall}
          />
        );
      })}
    </svg>
  ) : null;
}

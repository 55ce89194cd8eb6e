import { closeIcon } from '@jupyterlab/ui-components';
import type { KeyboardEvent, ReactElement } from 'react';
import type { Catalogue, Selection } from '../catalogue';
import type { VersionDetails } from '../records';
import { CommandIDs } from '../tokens';
import { numberText, sizeText } from '../units';
import { Badges } from './badge';
import { Chips } from './chips';
import { useEnabled, usePanel } from './context';
import { CopyButton } from './copybutton';
import { Fact } from './facts';
import { Moment } from './moment';
import { Notice } from './notice';
import { Profile } from './profile';
import { Readers, RunLink } from './readers';
import { Reference } from './reference';
import { Relatives } from './relatives';
import { Rest } from './rest';
import { Skeleton } from './skeleton';
import { Deprecation, Drifted, isLost } from './standing';

/** The selected version: what can be done with it, and all that is known about it. */
export function Details({
  catalogue,
  selection
}: {
  readonly catalogue: Catalogue;
  readonly selection: Selection;
}): ReactElement {
  const { trans } = usePanel();
  const { ref, details, error } = selection;
  const close = () => catalogue.select(null);
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
      aria-label={trans.__('Version %1', ref)}
      data-dsnb-ref={ref}
      onKeyDown={onKeyDown}
    >
      <div className="dsnb-Details-head">
        <h3 className="dsnb-Details-ref">
          <Reference text={ref} />
        </h3>
        {details && <Badges details={details} />}
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
      <Actions selected={ref} isModel={catalogue.sort === 'models'} />
      <div className="dsnb-Details-body">
        {details && <Facts details={details} />}
        {!details && error && (
          <Notice
            small
            urgent
            title={error.message}
            action={{ label: trans.__('Retry'), run: () => catalogue.select(ref) }}
          >
            {error.hint && <p>{error.hint}</p>}
          </Notice>
        )}
        {!details && !error && <Skeleton rows={6} />}
      </div>
    </section>
  );
}

interface ActionsProps {
  readonly selected: string;
  readonly isModel: boolean;
}

function Actions({ selected, isModel }: ActionsProps): ReactElement {
  const { commands, trans } = usePanel();
  const args = { ref: selected, ...(isModel && { kind: 'model' }) };
  const insertable = useEnabled(CommandIDs.insertLoadCell, args);
  return (
    <div className="dsnb-Actions">
      <button
        type="button"
        className="dsnb-Button dsnb-mod-main"
        disabled={!insertable}
        title={
          insertable
            ? isModel
              ? trans.__('Insert paths = %ds load %1 below the active cell', selected)
              : trans.__('Insert df = %ds load %1 below the active cell', selected)
            : trans.__('Open a notebook first')
        }
        onClick={() => void commands.execute(CommandIDs.insertLoadCell, args)}
      >
        {trans.__('Insert load cell')}
      </button>
      <CopyButton copy={() => commands.execute(CommandIDs.copyReference, args)}>
        {trans.__('Copy reference')}
      </CopyButton>
    </div>
  );
}

function Facts({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { version, drift, key, run, paths } = details;
  const models = details.made.filter(({ kind }) => kind === 'model');
  const versions = details.made.filter(({ kind }) => kind !== 'model');
  // Of very many, those that the server left out may be of either sort.
  const left = details.made_total - details.made.length;
  const counts = [
    version.rows !== null &&
      trans._n('1 row', '%2 rows', version.rows, numberText(version.rows)),
    version.columns !== null && trans._n('%1 column', '%1 columns', version.columns),
    trans._n('%1 file', '%1 files', version.files),
    sizeText(version.size)
  ].filter(Boolean);
  return (
    <>
      {version.deprecated !== null && <Deprecation why={version.deprecated} />}
      {drift.drifted > 0 && <Drifted details={details} />}
      {drift.unseen > 0 && (
        <p className="dsnb-Quiet">
          {trans._n(
            '%1 file lies outside the workspace: load or verify it once to see how it stands',
            '%1 files lie outside the workspace: load or verify them once to see how they stand',
            drift.unseen
          )}
        </p>
      )}
      {drift.news > 0 && (
        <p className="dsnb-Quiet">
          {trans._n('%1 new file beside it', '%1 new files beside it', drift.news)}
        </p>
      )}
      {version.description && <p className="dsnb-Description">{version.description}</p>}
      <p className="dsnb-Counts">
        {counts.map((count, index) => (
          <span key={index}>{index === 0 ? count : `· ${count}`} </span>
        ))}
      </p>
      <dl className="dsnb-Facts">
        <Fact name={trans.__('Aliases')}>{version.aliases.join(', ')}</Fact>
        <Fact name={trans.__('Tags')}>
          {Object.keys(version.tags).length > 0 && <Chips tags={version.tags} />}
        </Fact>
        <Fact name={trans.__('Made')}>
          <Moment at={version.created} />{' '}
          {version.creator && trans.__('by %1', version.creator)}
        </Fact>
        <Fact name={trans.__('Run')}>{run && <RunLink run={run} />}</Fact>
        <Fact
          name={version.kind === 'model' ? trans.__('Trained on') : trans.__('Made from')}
        >
          {details.parents.length > 0 && (
            <Relatives relatives={details.parents} total={details.parents_total} />
          )}
        </Fact>
        <Fact name={trans.__('Used for')}>
          {versions.length > 0 && (
            <Relatives relatives={versions} total={versions.length + left} />
          )}
        </Fact>
        <Fact name={trans.__('Models')}>
          {models.length > 0 && (
            <Relatives
              relatives={models}
              total={models.length + (versions.length > 0 ? 0 : left)}
            />
          )}
        </Fact>
        <Fact name={trans.__('Read by')}>
          {details.readers.length > 0 && !isLost(details) && <Readers details={details} />}
        </Fact>
        <Fact name={trans.__('Bytes')}>
          {version.kept
            ? trans.__('kept (snapshot)')
            : details.from_memory
              ? trans.__('kept as Parquet')
              : trans.__('by reference')}
        </Fact>
        <Fact name={trans.__('Kind')}>
          {[version.kind, version.format].filter(Boolean).join(', ')}
        </Fact>
        <Fact name={trans.__('Key')}>{key.join(', ')}</Fact>
        <Fact name={trans.__('Data')}>
          {paths.map(path => (
            <div key={path}>{path}</div>
          ))}
        </Fact>
        <Fact name={trans.__('Digest')}>
          <code title={version.digest}>{version.digest.slice(0, 12)}</code>
        </Fact>
      </dl>
      {version.kind === 'tabular' && <Profile details={details} />}
      <Files details={details} />
      <Schema details={details} />
    </>
  );
}

function Files({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { file_list: files, version } = details;
  return (
    <details className="dsnb-More">
      <summary>{trans.__('Files (%1)', numberText(version.files))}</summary>
      <table className="dsnb-Table">
        <thead>
          <tr>
            <th scope="col">{trans.__('File')}</th>
            <th scope="col" className="dsnb-mod-number">
              {trans.__('Size')}
            </th>
          </tr>
        </thead>
        <tbody>
          {files.map(file => (
            <tr key={file.path}>
              <td title={file.hash}>{file.path}</td>
              <td className="dsnb-mod-number">{sizeText(file.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest count={version.files - files.length} />
    </details>
  );
}

function Schema({ details }: { readonly details: VersionDetails }): ReactElement | null {
  const { trans } = usePanel();
  const { schema, version } = details;
  if (schema.length === 0) {
    return null;
  }
  return (
    <details className="dsnb-More">
      <summary>{trans.__('Schema (%1)', version.columns ?? schema.length)}</summary>
      <table className="dsnb-Table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Column')}</th>
            <th scope="col">{trans.__('Type')}</th>
          </tr>
        </thead>
        <tbody>
          {schema.map((column, index) => (
            <tr key={index}>
              <td>{column.name}</td>
              <td>{column.type}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest count={(version.columns ?? 0) - schema.length} />
    </details>
  );
}

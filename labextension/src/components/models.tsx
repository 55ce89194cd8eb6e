import type { ReactElement } from 'react';
import type { Version } from '../records';
import { sizeText } from '../units';
import { Chips } from './chips';
import { usePanel } from './context';
import { Notice } from './notice';
import { RunLink } from './readers';
import { Relatives } from './relatives';
import { Shelf } from './shelf';

/** Datasets listed of a model at most: its details list them all. */
const SHOWN = 3;

/** The line that registers a model. */
const REGISTER = '%ds model register NAME PATH --data "training data"=DATASET';

/** The tab "Models": the search, the list with their data, and the selected version. */
export function Models(): ReactElement {
  const { model, trans } = usePanel();
  return (
    <Shelf
      catalogue={model.models}
      count={model.workspace?.models ?? 0}
      below={version => <Training version={version} />}
      words={{
        search: trans.__('Search models'),
        list: trans.__('Models and versions'),
        nothing: text => trans.__('No model’s name contains “%1”', text),
        found: count => trans._n('%1 model found', '%1 models found', count)
      }}
      empty={<NoModels />}
    />
  );
}

/** Says how the first model is registered. */
export function NoModels(): ReactElement {
  const { model, trans } = usePanel();
  const lines = model.workspace?.exists ? [REGISTER] : ['%load_ext dsnb', REGISTER];
  return (
    <Notice title={trans.__('No models are registered yet')} lines={lines}>
      <p>
        {trans.__(
          'A model is a file or folder, listed here with the data it was trained on. Run this in a notebook; without --data it is what the session has read.'
        )}
      </p>
    </Notice>
  );
}

/** What a model was trained on, and where it comes from. */
function Training({ version }: { readonly version: Version }): ReactElement {
  const { trans } = usePanel();
  const { data = [], data_total: total = 0, made_by: run, tags } = version;
  return (
    <div className="dsnb-Training">
      {total > 0 ? (
        <Relatives relatives={data} total={total} most={SHOWN} />
      ) : (
        <span className="dsnb-Quiet">{trans.__('its data is not recorded')}</span>
      )}
      <div className="dsnb-Training-facts">
        <span className="dsnb-Quiet">{sizeText(version.size)}</span>
        {run && (
          <span className="dsnb-Training-run">
            <span className="dsnb-Quiet">{trans.__('run')}</span> <RunLink run={run} />
          </span>
        )}
        <Chips tags={tags} />
      </div>
    </div>
  );
}

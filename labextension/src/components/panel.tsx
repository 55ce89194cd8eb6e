import type { ReactElement } from 'react';
import type { ApiError } from '../api';
import type { Tab } from '../model';
import { numberText } from '../units';
import { FRONT_END_VERSION, sameVersion } from '../versions';
import { useRevision, usePanel } from './context';
import { Datasets } from './datasets';
import { Models, NoModels } from './models';
import { Notice } from './notice';
import { Runs } from './runs';
import { Skeleton } from './skeleton';
import { tabId, Tabs } from './tabs';

/** Everything inside the side panel. */
export function Panel(): ReactElement {
  const { model, trans } = usePanel();
  useRevision(model);
  const { workspace, error, tab } = model;
  return (
    <>
      <div className="dsnb-Header">
        <h2 className="dsnb-Header-name" title={workspace?.folder || undefined}>
          {workspace ? workspace.name : trans.__('Datasets')}
        </h2>
        {workspace?.exists && (
          <span className="dsnb-Header-count">
            {trans._n(
              '1 dataset',
              '%2 datasets',
              workspace.datasets,
              numberText(workspace.datasets)
            )}
          </span>
        )}
      </div>
      <Tabs />
      {workspace && <OtherVersion server={workspace.server} />}
      {workspace && error && <Outdated error={error} />}
      <div
        className="dsnb-Content"
        role="tabpanel"
        id={tabId(tab).content}
        aria-labelledby={tabId(tab).tab}
      >
        <Content tab={tab} />
      </div>
    </>
  );
}

function Content({ tab }: { readonly tab: Tab }): ReactElement {
  const { model, trans } = usePanel();
  const { workspace, error } = model;
  if (workspace === null) {
    return error === null ? <Skeleton rows={8} /> : <Failure error={error} />;
  }
  if (!workspace.exists && tab === 'models') {
    return <NoModels />;
  }
  if (!workspace.exists) {
    return (
      <Notice
        title={trans.__('Register your first dataset')}
        lines={['%load_ext dsnb', '%ds register NAME PATH']}
      >
        <p>
          {trans.__(
            'There is no workspace here yet. Run these lines in a notebook: the first dataset makes one in %1.',
            workspace.folder || workspace.name
          )}
        </p>
      </Notice>
    );
  }
  return { datasets: <Datasets />, runs: <Runs />, models: <Models /> }[tab];
}

/** Why there is nothing to see. */
function Failure({ error }: { readonly error: ApiError }): ReactElement {
  const { model, trans } = usePanel();
  const action = { label: trans.__('Retry'), run: () => model.retry() };
  if (error.kind === 'ServerMissing') {
    return (
      <Notice
        urgent
        title={trans.__('The server half of dsnb is not running')}
        lines={['pip install dsnb', 'jupyter server extension enable dsnb.server']}
        action={action}
      >
        <p>
          {trans.__(
            'Install and enable it where the Jupyter server runs, then start the server again.'
          )}
        </p>
      </Notice>
    );
  }
  return (
    <Notice urgent title={error.message} action={action}>
      {error.hint && <p>{error.hint}</p>}
    </Notice>
  );
}

/** What is shown is from before an error; it stays in sight. */
function Outdated({ error }: { readonly error: ApiError }): ReactElement {
  const { model, trans } = usePanel();
  return (
    <Notice
      small
      urgent
      title={trans.__('Not up to date')}
      action={{ label: trans.__('Retry'), run: () => model.retry() }}
    >
      <p>
        {error.message} {error.hint}
      </p>
    </Notice>
  );
}

/** Two halves of different age may misunderstand each other. */
function OtherVersion({ server }: { readonly server: string }): ReactElement | null {
  const { trans } = usePanel();
  if (sameVersion(server, FRONT_END_VERSION)) {
    return null;
  }
  return (
    <Notice
      small
      title={trans.__(
        'The panel is dsnb %1, the server half %2',
        FRONT_END_VERSION,
        server
      )}
      lines={['pip install --upgrade dsnb']}
    >
      <p>{trans.__('Upgrade, start the server again and reload this page.')}</p>
    </Notice>
  );
}

import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { ApiError } from '../api';
import { asApiError } from '../pages';
import type { Effort, VersionDetails, VersionProfile } from '../records';
import { sizeText } from '../units';
import { usePanel } from './context';
import { Notice } from './notice';
import { ProfileTable } from './profiletable';
import { Skeleton } from './skeleton';

/** Milliseconds after which a wait is told to be a long one. */
const PATIENCE = 1500;

/** What the table of a version holds; it is asked for once somebody looks. */
export function Profile({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="dsnb-More" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{trans.__('Profile')}</summary>
      {isOpen && <Looked details={details} />}
    </details>
  );
}

function Looked({ details }: { readonly details: VersionDetails }): ReactElement {
  const { trans } = usePanel();
  const { found, error, computes, compute, retry } = useProfile(details);
  if (error) {
    return (
      <Notice
        small
        urgent
        title={error.message}
        action={{ label: trans.__('Retry'), run: retry }}
      >
        {error.hint && <p>{error.hint}</p>}
      </Notice>
    );
  }
  if (found === null) {
    return (
      <>
        <Skeleton rows={6} />
        {computes && <Patience />}
      </>
    );
  }
  if (found.profile) {
    return <ProfileTable profile={found.profile} of={details.version.ref} />;
  }
  if (found.computable) {
    return (
      <>
        <p className="dsnb-Quiet">
          {trans.__(
            'Not computed yet: looking through %1 takes a while. It is done once.',
            sizeText(details.version.size)
          )}
        </p>
        <button type="button" className="dsnb-Button" onClick={compute}>
          {trans.__('Compute profile')}
        </button>
      </>
    );
  }
  return <p className="dsnb-Quiet">{trans.__('No profile: %1', found.why)}</p>;
}

/** Said where something takes long, so that nobody thinks it has got stuck. */
function Patience(): ReactElement | null {
  const { trans } = usePanel();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  return isLong ? (
    <p className="dsnb-Quiet" role="status">
      {trans.__('Being computed. It goes on when you look at something else.')}
    </p>
  ) : null;
}

interface ProfileState {
  /** The answer, null while it is under way. */
  readonly found: VersionProfile | null;
  /** Why there is none. */
  readonly error: ApiError | null;
  /** Whether it may take long. */
  readonly computes: boolean;
  /** Ask for it whatever it costs. */
  readonly compute: () => void;
  /** Ask once more. */
  readonly retry: () => void;
}

interface Asked {
  readonly effort: Effort;
}

function useProfile({ version, drift }: VersionDetails): ProfileState {
  const { model } = usePanel();
  const { catalogue } = model;
  const [asked, setAsked] = useState<Asked>({ effort: 'little' });
  const [found, setFound] = useState<VersionProfile | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const { name, version: number } = version;
  // Where its bytes came back, what could not be read can be.
  const standing = `${drift.drifted} ${drift.unseen} ${version.kept}`;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    catalogue.profile({ name, version: number }, asked.effort, signal).then(
      answer => {
        if (!signal.aborted) {
          setFound(answer);
          setError(null);
        }
      },
      (reason: unknown) => {
        if (!signal.aborted) {
          setError(asApiError(reason));
        }
      }
    );
    return () => controller.abort();
  }, [catalogue, name, number, asked, standing]);
  const ask = (effort: Effort) => {
    setFound(null);
    setError(null);
    setAsked({ effort });
  };
  return {
    found,
    error,
    computes: asked.effort === 'any',
    compute: () => ask('any'),
    retry: () => ask(asked.effort)
  };
}

import type { ReactElement } from 'react';
import type { Version } from '../records';
import { parseReference } from '../records';
import { usePanel } from './context';
import { Reference } from './reference';

interface VersionLinkProps {
  readonly of: string;
  /** What it is; null when it is not there any more. */
  readonly kind: Version['kind'] | null;
}

/** A reference that leads to its version, as long as it is there. */
export function VersionLink({ of: ref, kind }: VersionLinkProps): ReactElement {
  const { model, trans } = usePanel();
  if (kind === null || parseReference(ref) === null) {
    return (
      <>
        <Reference text={ref} />
        {kind === null && <span className="dsnb-Deleted">{trans.__('(deleted)')}</span>}
      </>
    );
  }
  return (
    <button
      type="button"
      className="dsnb-Link"
      data-dsnb-ref={ref}
      data-dsnb-kind={kind}
      onClick={() => model.showVersion(ref, kind)}
    >
      <Reference text={ref} />
    </button>
  );
}

import { copyIcon } from '@jupyterlab/ui-components';
import type { ReactElement, ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { usePanel } from './context';

/** Milliseconds that a button says it has copied. */
const TOLD = 1500;

interface CopyButtonProps {
  /** Copies. */
  readonly copy: () => Promise<unknown>;
  /** What the button says; without it the button is an icon. */
  readonly children?: ReactNode;
  /** The icon's name for those who do not see it. */
  readonly label?: string;
}

/** A button that copies something, and says so. */
export function CopyButton({ copy, children, label }: CopyButtonProps): ReactElement {
  const { trans } = usePanel();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => setCopied(false), TOLD);
    return () => clearTimeout(timer);
  }, [copied]);
  const onClick = () => void copy().then(() => setCopied(true));
  return (
    <>
      {children === undefined ? (
        <button
          type="button"
          className="dsnb-IconButton"
          aria-label={label}
          title={copied ? trans.__('Copied') : label}
          onClick={onClick}
        >
          {copied ? <span aria-hidden="true">✓</span> : <copyIcon.react tag="span" />}
        </button>
      ) : (
        <button type="button" className="dsnb-Button" onClick={onClick}>
          {children}
          {copied && <span aria-hidden="true"> ✓</span>}
        </button>
      )}
      <span role="status" className="dsnb-Unseen">
        {copied ? trans.__('Copied') : ''}
      </span>
    </>
  );
}

import type { ReactElement, ReactNode } from 'react';
import { CommandLine } from './commandline';

interface NoticeProps {
  /** The sentence that says what is the case. */
  readonly title: string;
  /** What else there is to say. */
  readonly children?: ReactNode;
  /** Lines to copy, the next step. */
  readonly lines?: readonly string[];
  /** A way on that needs no typing. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Whether it is said at once to those who do not see it. */
  readonly urgent?: boolean;
  /** Whether it stands above a list, not in its place. */
  readonly small?: boolean;
}

/** What is shown where there is nothing to list: what is the case, and the next step. */
export function Notice(props: NoticeProps): ReactElement {
  const { title, children, lines = [], action, urgent = false, small = false } = props;
  return (
    <div
      className={small ? 'dsnb-Notice dsnb-mod-small' : 'dsnb-Notice'}
      role={urgent ? 'alert' : undefined}
    >
      <p className="dsnb-Notice-title">{title}</p>
      {children}
      {lines.map(line => (
        <CommandLine key={line} line={line} />
      ))}
      {action && (
        <button type="button" className="dsnb-Button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}

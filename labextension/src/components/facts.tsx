import type { ReactElement, ReactNode } from 'react';

/** A name and what it is, in a list of facts; nothing where there is nothing to tell. */
export function Fact(props: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactElement | null {
  return props.children ? (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  ) : null;
}

import type { ReactElement } from 'react';

/**
 * A reference; where there is little room its beginning is cut, never the number.
 *
 * It is one text, so that it is also read as one.
 */
export function Reference({ text }: { readonly text: string }): ReactElement {
  return (
    <span className="dsnb-Reference" title={text}>
      <bdi dir="ltr">{text}</bdi>
    </span>
  );
}

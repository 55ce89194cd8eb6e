import type { ReactElement } from 'react';
import { agoText, exactText } from '../units';
import { usePanel } from './context';

/** When something was: how long ago, and exactly on hover. */
export function Moment({ at }: { readonly at: string }): ReactElement {
  const { trans } = usePanel();
  return (
    <time className="dsnb-Moment" dateTime={at} title={exactText(at)}>
      {agoText(trans, at)}
    </time>
  );
}

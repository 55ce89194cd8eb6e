import type { ReactElement } from 'react';

/** Tags, each as `name=value`. */
export function Chips({
  tags
}: {
  readonly tags: Readonly<Record<string, string>>;
}): ReactElement | null {
  const texts = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return texts.length > 0 ? (
    <span className="dsnb-Chips">
      {texts.map(text => (
        <span key={text} className="dsnb-Chip">
          {text}
        </span>
      ))}
    </span>
  ) : null;
}

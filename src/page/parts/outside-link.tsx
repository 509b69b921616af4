import type { ComponentChildren } from 'preact';
import { plain } from './text.js';

/**
 * A link to another site that a record or a forge named. What is not an address of the web is shown as text, so that no
 * record can make a link that runs script.
 */
export function OutsideLink({
  url,
  children,
}: {
  readonly url: string;
  readonly children?: ComponentChildren;
}) {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') return <>{children ?? plain(url)}</>;
  return (
    <a href={parsed.href} target="_blank" rel="noopener noreferrer">
      {children ?? plain(url)}
    </a>
  );
}

import type { ComponentChildren } from 'preact';
import type { ApiFailure } from '../api/client.js';
import { Icon } from './icons.js';
import { plain } from './text.js';

/** What is shown in place of an empty list: why it is empty, and what can be done. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="note">
      <p class="note-title">{title}</p>
      {children}
    </div>
  );
}

/** What is shown in place of a view that cannot be had. */
export function Failure({ failure }: { readonly failure: ApiFailure }) {
  return (
    <div class="note note-bad" role="alert">
      <p class="note-title">
        <Icon name="warning" /> {plain(failure.message)}
      </p>
      {failure.suggestions.map((text) => (
        <p key={text}>{plain(text)}</p>
      ))}
      {failure.status === 401 && (
        <p>
          <a href="/sign-in">Sign in</a>
        </p>
      )}
    </div>
  );
}

/** Grey bars of the height of the rows that will come, so that nothing moves when they do. */
export function Skeleton({ rows }: { readonly rows: number }) {
  return (
    <div class="skeleton" aria-busy="true">
      <span class="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} class="skeleton-row" />
      ))}
    </div>
  );
}

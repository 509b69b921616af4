import type { ComponentChildren } from 'preact';
import type { ServerResult } from '../api/results.js';
import { stream } from '../api/stream.js';
import { Icon } from '../parts/icons.js';
import { oneLine } from '../parts/text.js';
import { Age } from '../parts/time.js';
import { useStore } from '../state/store.js';
import { useServer } from './server-health.js';

/** Says what cannot be reached or kept, and how old what is shown therefore is. Nothing where all is well. */
export function Banner() {
  const { status, since } = useStore(stream);
  const { data, failure } = useServer();
  const notes = data ? [...healthNotes(data), ...notificationNotes(data)] : [];
  return (
    <section class="banners" aria-label="Notices" aria-live="polite">
      {status === 'lost' && (
        <Note tone="bad">
          <strong>The connection to kgit is lost.</strong> What you see is <Age at={since} suffix=" old" />.
          Reconnecting…
        </Note>
      )}
      {failure?.status === 401 && (
        <Note tone="bad">
          <strong>You are signed out.</strong> <a href="/sign-in">Sign in</a>
        </Note>
      )}
      {status === 'open' && failure && failure.status !== 401 && (
        <Note tone="bad">{oneLine(failure.message)}</Note>
      )}
      {status === 'open' && notes}
    </section>
  );
}

function healthNotes({ health }: ServerResult): ComponentChildren[] {
  const { repository, contexts, journal } = health;
  const notes: ComponentChildren[] = [];
  if (repository.error)
    notes.push(
      <Note key="repository" tone="bad">
        <strong>The state repository cannot be read.</strong> {sentence(repository.error.message)}
        <Old at={repository.fetchedAt} what="Events and states shown" />
      </Note>,
    );
  for (const { context, management, observedAt, error } of contexts)
    if (error)
      notes.push(
        <Note key={`context ${context}`} tone="warn">
          <strong>Management cluster {oneLine(management ?? context)} cannot be reached.</strong>{' '}
          {sentence(error.message)}
          <Old at={observedAt} what="Its clusters shown" />
        </Note>,
      );
  if (journal.error)
    notes.push(
      <Note key="journal" tone="bad">
        <strong>News cannot be kept.</strong> {sentence(journal.error.message)} Notifications may be missing.
      </Note>,
    );
  return notes;
}

function notificationNotes({ notifications }: ServerResult): ComponentChildren[] {
  const notes: ComponentChildren[] = [];
  for (const { name, state, waiting, dead, lastFailure, lastDead } of notifications) {
    if (state === 'retrying' && lastFailure)
      notes.push(
        <Note key={`retried ${name}`} tone="warn">
          <strong>Notifications to {oneLine(name)} fail.</strong> {sentence(lastFailure.reason)} Waiting:{' '}
          {waiting}.
        </Note>,
      );
    const last = lastDead.at(-1);
    if (last)
      notes.push(
        <Note key={`dead ${name}`} tone="warn">
          <strong>
            Notifications to {oneLine(name)} that were given up: {dead}.
          </strong>{' '}
          The last, <Age at={last.at} suffix=" ago" />: {sentence(last.reason)}
        </Note>,
      );
  }
  return notes;
}

/** A message of the server, which ends without a full stop. */
const sentence = (message: string) => `${oneLine(message).replace(/\.$/, '')}.`;

function Old({ at, what }: { readonly at: number | null; readonly what: string }) {
  if (at === null) return null;
  return (
    <>
      {' '}
      {what} are <Age at={at} suffix=" old" />.
    </>
  );
}

function Note({ tone, children }: { readonly tone: 'bad' | 'warn'; readonly children: ComponentChildren }) {
  return (
    <div class={`banner tone-${tone}`}>
      <Icon name="warning" />
      <p>{children}</p>
    </div>
  );
}

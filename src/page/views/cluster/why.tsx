import type { Cluster, Detail, Divergence } from '../../api/results.js';
import { STATE_LOOKS } from '../../parts/badge.js';
import { Icon } from '../../parts/icons.js';
import { oneLine, plain } from '../../parts/text.js';
import { Age, Time } from '../../parts/time.js';

interface WhyProps {
  readonly cluster: Cluster | null;
  readonly detail: Detail | null;
  readonly divergence: readonly Divergence[];
}

/** Why the cluster is in its state: the cause first, then what contradicts it and what a deletion waits for. */
export function Why({ cluster, detail, divergence }: WhyProps) {
  const state = cluster?.state ?? 'NotLive';
  const { tone, icon } = STATE_LOOKS[state];
  const cause = detail?.cause ?? null;
  return (
    <section class={`cause tone-${tone}`} aria-label="Why">
      <Icon name={icon} />
      <div>
        {cause ? (
          <>
            <p class="cause-from">{oneLine(cause.from)}</p>
            <p class="cause-text">{plain(cause.message)}</p>
          </>
        ) : (
          <p class="cause-text">{wordsWithoutCause(cluster, divergence)}</p>
        )}
        {detail?.contradictions.map(({ message }) => (
          <p key={message} class="cause-more">
            <strong>However:</strong> {plain(message)}
          </p>
        ))}
        {cluster?.findings?.map(({ kind, from, message }) => (
          <p key={`${kind} ${from}`} class="cause-more">
            <strong>{oneLine(from)}:</strong> {plain(message)}
          </p>
        ))}
        {cluster?.flags.includes('stale') && state !== 'New' && (
          <p class="cause-more">
            <strong>Stale:</strong> k0rdent has not seen the latest spec; all below refers to an older one.
          </p>
        )}
        {detail?.deletion && <Deletion deletion={detail.deletion} />}
      </div>
    </section>
  );
}

function wordsWithoutCause(cluster: Cluster | null, divergence: readonly Divergence[]): string {
  if (!cluster) return oneLine(divergence[0]?.detail ?? 'This cluster is not live.');
  if (cluster.why !== null) return plain(cluster.why);
  return cluster.state === 'Ready' ? 'k0rdent reports this cluster as ready.' : 'k0rdent gives no reason.';
}

function Deletion({ deletion }: { readonly deletion: NonNullable<Detail['deletion']> }) {
  const { requestedAt, waitingFor, message, since, finalizers } = deletion;
  return (
    <p class="cause-more">
      <strong>Deletion</strong> requested at <Time at={requestedAt} /> (<Age at={requestedAt} suffix=" ago" />
      ). Waiting for {oneLine(waitingFor)}
      {since !== null && (
        <>
          {' '}
          for <Age at={since} />
        </>
      )}
      {message !== null && <>: {plain(message)}</>}. Finalizers:{' '}
      {finalizers.map(oneLine).join(', ') || 'none'}.
    </p>
  );
}

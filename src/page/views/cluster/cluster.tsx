import { useResource } from '../../api/resource.js';
import type { StatusResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Badge, DivergenceBadge, StateBadge } from '../../parts/badge.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { oneLine } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import type { ViewProps } from '../../shell/routes.js';
import { useTitle } from '../../shell/use-title.js';
import { pathOf } from '../../state/router.js';
import { Around } from './around.js';
import { Conditions } from './conditions.js';
import { Config } from './config.js';
import { Drift } from './drift.js';
import { Facts } from './facts.js';
import { Services } from './services.js';
import { ClusterTimeLine } from './time-line.js';
import { Why } from './why.js';

const TOPICS: readonly Topic[] = ['fleet', 'change', 'transition', 'divergence'];

/** One cluster: why it is in its state, what k0rdent says of it, how it differs from its record, what happened. */
export function ClusterView({ names }: ViewProps) {
  const [management = '', namespace = '', name = ''] = names;
  useTitle(oneLine(name));
  const { data, failure } = useResource('StatusResult', `/api/v1${pathOf('clusters', ...names)}`, TOPICS);
  return (
    <article class="cluster">
      <nav class="crumbs" aria-label="Place">
        <a href="/clusters">Fleet</a>
        <a href={`/clusters?management=${encodeURIComponent(management)}`}>{oneLine(management)}</a>
        <a
          href={`/clusters?management=${encodeURIComponent(management)}&namespace=${encodeURIComponent(namespace)}`}
        >
          {oneLine(namespace)}
        </a>
      </nav>
      <header class="cluster-head">
        <h1>{oneLine(name)}</h1>
        {data && <Standing status={data} />}
      </header>
      {failure && <Failure failure={failure} />}
      {data ? <Body status={data} /> : !failure && <Skeleton rows={10} />}
    </article>
  );
}

function Standing({ status }: { readonly status: StatusResult }) {
  const [cluster] = status.clusters;
  const kinds = new Map(status.divergence.map((one) => [one.kind, one]));
  return (
    <p class="cluster-standing">
      <StateBadge state={cluster?.state ?? 'NotLive'} />
      {cluster?.flags.map((flag) => (
        <Badge key={flag} tone="quiet">
          {flag}
        </Badge>
      ))}
      {[...kinds.values()].map(({ kind, detail }) => (
        <DivergenceBadge key={kind} kind={kind} detail={oneLine(detail)} />
      ))}
      {cluster?.since && (
        <span class="muted">
          for <Age at={cluster.since} />
        </span>
      )}
    </p>
  );
}

function Body({ status }: { readonly status: StatusResult }) {
  const { contexts, divergence, detail, timeLine } = status;
  const unasked = contexts.find(({ error }) => error !== null);
  const [cluster] = status.clusters;
  return (
    <>
      {unasked?.error && (
        <p class="cluster-unasked tone-warn">
          <strong>k0rdent could not be asked just now; this is what was last known.</strong>{' '}
          {oneLine(unasked.error.message)}
        </p>
      )}
      <Why cluster={cluster ?? null} detail={detail ?? null} divergence={divergence} />
      <div class="columns">
        <div class="column">
          {divergence.length > 0 && <Drift divergence={divergence} />}
          {detail && <Conditions conditions={detail.conditions} />}
          {detail && <Services services={detail.services} />}
          {detail?.related && <Around related={detail.related} />}
        </div>
        <div class="column">
          {cluster && <Facts cluster={cluster} detail={detail ?? null} />}
          <ClusterTimeLine entries={timeLine ?? []} isComplete={detail?.eventsSeen ?? true} />
          {detail && <Config config={detail.config} />}
        </div>
      </div>
    </>
  );
}

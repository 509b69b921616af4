import { Badge, DivergenceBadge, StateBadge } from '../../parts/badge.js';
import type { Column } from '../../parts/table.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import { pathOf } from '../../state/router.js';
import type { FleetOrder, FleetRow } from './fleet-rows.js';

function State({ state, cluster }: FleetRow) {
  return (
    <>
      <StateBadge state={state} />
      {cluster?.since && (
        <span class="sub">
          for <Age at={cluster.since} />
        </span>
      )}
    </>
  );
}

function Name({ management, namespace, name }: FleetRow) {
  return (
    <>
      <a class="row-link" href={pathOf('clusters', management, namespace, name)}>
        {oneLine(name)}
      </a>
      <span class="sub">
        {oneLine(management)} / {oneLine(namespace)}
      </span>
    </>
  );
}

function Services({ cluster }: FleetRow) {
  if (!cluster || cluster.services.total === 0) return <span class="muted">–</span>;
  const { ready, total } = cluster.services;
  return (
    <span class={ready < total ? 'services is-lacking' : 'services'}>
      {ready}
      <span class="muted">/{total}</span>
    </span>
  );
}

function LastEvent({ cluster }: FleetRow) {
  // The report tells the last event of live clusters alone.
  if (!cluster) return <span class="muted">–</span>;
  const event = cluster.lastEvent;
  if (!event) return <span class="muted">no event</span>;
  return (
    <>
      <span class="one-line">{actionWords(event.action)}</span>
      <span class="sub">
        <Age at={event.timestamp} suffix=" ago" />
        {event.user && <> by {oneLine(event.user)}</>}
      </span>
    </>
  );
}

function Why({ cluster, divergence }: FleetRow) {
  const why = cluster?.why ?? (cluster ? null : (divergence[0]?.detail ?? null));
  const text = why === null ? '' : oneLine(why);
  const flags = cluster?.flags ?? [];
  const findings = cluster?.findings ?? [];
  return (
    <div class="why">
      {(divergence.length > 0 || flags.length > 0 || findings.length > 0) && (
        <span class="why-badges">
          {divergence.slice(0, 2).map(({ kind, detail, path }) => (
            <DivergenceBadge key={`${kind} ${path}`} kind={kind} detail={oneLine(detail)} />
          ))}
          {divergence.length > 2 && <Badge tone="odd">+{divergence.length - 2}</Badge>}
          {flags.map((flag) => (
            <Badge key={flag} tone="quiet">
              {flag}
            </Badge>
          ))}
          {findings.map(({ kind, from, message }) => (
            <Badge key={`${kind} ${from}`} tone="warn" icon="warning" title={oneLine(`${from}: ${message}`)}>
              {kind}
            </Badge>
          ))}
        </span>
      )}
      {text !== '' && (
        <span class="why-text" title={text}>
          {text}
        </span>
      )}
    </div>
  );
}

/** The columns; their keys are the orders. */
export const FLEET_COLUMNS: readonly (Column<FleetRow> & { readonly key: FleetOrder })[] = [
  { key: 'state', title: 'State', render: (row) => <State {...row} /> },
  { key: 'cluster', title: 'Cluster', render: (row) => <Name {...row} /> },
  { key: 'services', title: 'Services', render: (row) => <Services {...row} /> },
  {
    key: 'template',
    title: 'Template',
    render: ({ cluster }) => <span class="one-line mono">{oneLine(cluster?.template ?? '')}</span>,
  },
  { key: 'event', title: 'Last event', render: (row) => <LastEvent {...row} /> },
  { key: 'why', title: 'Why', render: (row) => <Why {...row} /> },
];

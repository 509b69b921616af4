import type { Detail } from '../../api/results.js';
import { Badge, type Tone } from '../../parts/badge.js';
import type { IconName } from '../../parts/icons.js';
import { Panel } from '../../parts/panel.js';
import { oneLine, plain } from '../../parts/text.js';
import { Age } from '../../parts/time.js';

type Service = Detail['services'][number];

/** The services of the cluster, with what is wrong with them. */
export function Services({ services }: { readonly services: readonly Service[] }) {
  if (services.length === 0) return null;
  const deployed = services.filter(({ state }) => state === 'Deployed').length;
  return (
    <Panel title="Services" aside={`${deployed} of ${services.length} deployed`}>
      <ul class="rows">
        {services.map((service) => (
          <One key={`${service.namespace}/${service.name}`} {...service} />
        ))}
      </ul>
    </Panel>
  );
}

function lookOf(state: string): { readonly tone: Tone; readonly icon: IconName } {
  if (state === 'Deployed') return { tone: 'good', icon: 'check' };
  if (state === 'Failed') return { tone: 'bad', icon: 'cross' };
  return { tone: 'warn', icon: 'clock' };
}

function One({ namespace, name, state, template, version, since, message, conflict, upgrades }: Service) {
  return (
    <li class="service">
      <span class="service-name">
        <span class="muted">{oneLine(namespace)}/</span>
        {oneLine(name)}
      </span>
      <span class="service-state">
        <Badge {...lookOf(state)}>{oneLine(state)}</Badge>
        {since !== null && (
          <span class="muted">
            <Age at={since} />
          </span>
        )}
      </span>
      <span class="service-template muted mono">
        {oneLine(template ?? version ?? '')}
        {upgrades.length > 0 && ` → ${upgrades.map(oneLine).join(', ')}`}
      </span>
      {message !== null && <p class="message">{plain(message)}</p>}
      {conflict !== null && <p class="message">Another ServiceSet reports {plain(conflict)}</p>}
    </li>
  );
}

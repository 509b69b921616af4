import type { ComponentChildren } from 'preact';
import type { Cluster, Detail } from '../../api/results.js';
import { Panel } from '../../parts/panel.js';
import { oneLine } from '../../parts/text.js';
import { Age, Time } from '../../parts/time.js';

interface FactsProps {
  readonly cluster: Cluster;
  readonly detail: Detail | null;
}

/** What the cluster is made from. */
export function Facts({ cluster, detail }: FactsProps) {
  const { template, services, region, createdAt, upgrades } = cluster;
  const labels = Object.entries(cluster.labels);
  return (
    <Panel title="Facts">
      <dl class="facts">
        <Fact name="Template" value={template && <span class="mono">{oneLine(template)}</span>} />
        <Fact name="Upgrades" value={upgrades.map(oneLine).join(', ') || 'none'} />
        <Fact name="Services" value={`${services.ready} of ${services.total} ready`} />
        <Fact name="Kubernetes" value={detail?.kubernetesVersion && oneLine(detail.kubernetesVersion)} />
        <Fact name="Credential" value={detail?.credential && oneLine(detail.credential)} />
        <Fact name="Region" value={region && oneLine(region)} />
        <Fact
          name="Created"
          value={
            createdAt && (
              <>
                <Time at={createdAt} /> (<Age at={createdAt} suffix=" ago" />)
              </>
            )
          }
        />
        {labels.length > 0 && (
          <Fact
            name="Labels"
            value={labels.map(([label, value]) => (
              <span key={label} class="label">
                {oneLine(`${label}=${value}`)}
              </span>
            ))}
          />
        )}
      </dl>
    </Panel>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: ComponentChildren }) {
  if (value === null || value === undefined || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

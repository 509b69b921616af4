import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ContextObservation } from '../../../src/k0rdent/observe/observation.js';
import type { TargetStatus } from '../../../src/notify/notifier-status.js';
import { serveApp } from '../../../src/serve/app.js';
import { testParts } from '../../support/serve/serve-parts.js';

const EXAMPLES = join(import.meta.dirname, '../../../examples/grafana');
const promtool = (args: readonly string[], input?: string) =>
  execFileSync('promtool', args, { cwd: EXAMPLES, encoding: 'utf8', input, stdio: 'pipe' });

const TARGET: TargetStatus = {
  ...{ name: 'ops "1"', type: 'slack', rules: ['default'], state: 'retrying', after: null },
  ...{ waiting: 2, attempts: 3, nextTry: 5_000, delivered: 7, digests: 1, retries: 4, dead: 1, gaps: 0 },
  ...{ lastDelivery: 4_000, lastFailure: { at: 4_500, reason: '500' } },
  ...{ lastDead: [{ id: 'n-1/default', title: 'a', at: 4_400, attempts: 60, reason: '500' }], problem: null },
};
const CONTEXT: ContextObservation = {
  ...{ context: 'eu', management: 'eu-hub', identity: null, identities: [], match: 'same', error: null },
  observedAt: '2026-08-22T10:00:00Z',
  namespaces: { seen: '*', denied: [] },
  k0rdent: {
    ...{ release: null, ready: true, message: null, components: [], regions: [], credentials: [] },
    ...{ accessManagement: [], lastLook: null, notSeenByKcm: null, notSeen: [] },
  },
};

/** A server of which every metric is known. */
async function served() {
  const parts = await testParts({ targets: () => [TARGET] });
  const { monitor } = parts;
  const app = serveApp(parts);
  monitor.fleet = {
    version: 2,
    report: {
      contexts: [CONTEXT],
      clusters: [
        {
          ...{ management: 'eu-hub', namespace: 'a', name: 'b', state: 'Failed', flags: [], findings: [] },
          ...{ ready: { status: 'False', reason: null, message: null }, services: { ready: 0, total: 0 } },
          ...{ template: null, region: null, createdAt: null, why: null, since: null, uid: null },
          ...{ upgrades: [], labels: {} },
          lastEvent: { id: '01M80529TC09N9KSJD8GD522VG', timestamp: '2026-08-22T10:00:20Z', action: 'a' },
        },
      ],
      divergence: [],
    },
  };
  const { repository } = monitor.health;
  monitor.change('health', {
    contexts: [{ context: 'eu', management: 'eu-hub', observedAt: 9_000, error: null }],
    repository: { ...repository, fetchedAt: 8_000, rewrittenAt: 7_000 },
    outbox: { waiting: 1, oldest: 6_000 },
  });
  const scrape = async () => {
    const answer = await app.request('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return answer.text();
  };
  return { monitor, scrape };
}

let text: string;
beforeAll(async () => {
  text = await (await served()).scrape();
});

describe('/metrics', () => {
  it('is what promtool accepts, without a complaint', () => {
    expect(promtool(['check', 'metrics'], text)).toBe('');
  });

  it('has the rows of the status, of the server, of notifications and of the process', () => {
    for (const row of [
      'kgit_clusters{management="eu-hub",state="Failed"} 1',
      'kgit_serve_info{version="0.0.0-test"} 1',
      'kgit_serve_fetch_timestamp_seconds 8',
      'kgit_serve_fetches_total 1',
      'kgit_serve_context_seen_timestamp_seconds{context="eu"} 9',
      'kgit_notify_dead_total{target="ops \\"1\\"",type="slack"} 1',
      'kgit_notify_failing{target="ops \\"1\\"",type="slack"} 1',
      '# TYPE kgit_notify_dead_total counter',
    ])
      expect(text.split('\n')).toContain(row);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });

  it('counts fetches, and each time at which the repository could no longer be reached', async () => {
    const { monitor, scrape } = await served();
    const { repository } = monitor.health;
    const error = { code: 'REMOTE', message: 'away', exitCode: 16, suggestions: [], data: {} } as const;
    monitor.change('health', { repository: { ...repository, error } });
    monitor.change('health', { repository: { ...repository, error } });
    monitor.change('health', { repository: { ...repository, fetchedAt: 9_000, error: null } });
    monitor.change('health', { repository: { ...repository, fetchedAt: 9_000, error } });
    const found = await scrape();
    expect(found).toContain('kgit_serve_fetches_total 2\n');
    expect(found).toContain('kgit_serve_fetch_failures_total 2\n');
    expect(found).toContain('kgit_serve_repository_up 0\n');
  });
});

describe('the examples for Grafana and Prometheus', () => {
  it('hold in the tests of promtool', () => {
    expect(promtool(['check', 'rules', 'alerts.yaml'])).toContain('SUCCESS');
    expect(promtool(['test', 'rules', 'alerts.test.yaml'])).toContain('SUCCESS');
  });

  it('use metrics that there are, and test every alert', () => {
    const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const read = (file: string) => readFileSync(join(EXAMPLES, file), 'utf8');
    for (const file of ['dashboard.json', 'alerts.yaml', 'alerts.test.yaml']) {
      const used = [...read(file).matchAll(/\b(?:kgit|process|nodejs)_[a-z0-9_]+\b/g)].map(([name]) => name);
      expect(used.length).toBeGreaterThan(5);
      for (const name of used) expect(names, `${file}: ${name}`).toContain(name);
    }
    const { groups } = parse(read('alerts.yaml'));
    for (const { alert } of groups[0].rules) expect(read('alerts.test.yaml')).toContain(alert);
  });

  it('have a dashboard whose panels do not overlap', () => {
    const { panels } = JSON.parse(readFileSync(join(EXAMPLES, 'dashboard.json'), 'utf8'));
    const taken = new Set<string>();
    for (const { gridPos, targets } of panels) {
      expect(targets.length).toBeGreaterThan(0);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
    }
  });
});

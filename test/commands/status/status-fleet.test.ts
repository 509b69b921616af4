import { expect, it } from 'vitest';
import { MOST_SERIES } from '../../../src/cli/render/status/status-metrics.js';
import { sample } from '../../k0rdent/support.js';
import { generateClusters } from '../../support/api-server/objects.js';
import { besideClusters } from '../../support/beside-clusters.js';

const { holds, status } = besideClusters();

const READY = sample('cld-01-azure-healthy.yaml');
const FAILED = sample('cld-03-aws-failed-capi.yaml');
const DELETING = sample('cld-04-gcp-gke-deleting.yaml');
const PENDING = sample('cld-18-openstack-service-failed.yaml');
const FLEET = [READY, DELETING, FAILED, PENDING];

const named = (stdout: string) => stdout.trimEnd().split('\n');

it('shows the worst first to people, and scripts the order of names', async () => {
  holds([], { clusters: FLEET });
  const { stdout } = await status();
  const at = (name: string) => stdout.indexOf(name);
  const order = [FAILED, PENDING, DELETING, READY].map(({ metadata }) => at(metadata.name));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBeGreaterThan(0);
  const { json } = await status('--json');
  const names = json.clusters.map(({ namespace, name }: Record<string, string>) => `${namespace}/${name}`);
  expect(names).toEqual([...names].sort());
});

it('closes with how many are in each state', async () => {
  holds([], { clusters: FLEET });
  const counts = named((await status()).stdout).at(-2);
  expect(counts).toBe('4 clusters: 1 Failed, 1 ServicesFailed, 1 Deleting, 1 Ready');
});

it('tells of each cluster why, since when, its uid, upgrades and labels', async () => {
  holds([], { clusters: FLEET });
  const { json } = await status('--json');
  const of = (name: string) => json.clusters.find((one: { name: string }) => one.name === name);
  const failed = FAILED.metadata;
  expect(of(failed.name)).toMatchObject({
    why: expect.stringMatching(
      /^CAPIClusterSummary: InfrastructureReady: 0 of 8 completed: failed to create/,
    ),
    since: expect.stringMatching(/^2026-08-22T.*Z$/),
    uid: failed.uid,
    labels: failed.labels,
  });
  expect(of(READY.metadata.name)).toMatchObject({ why: null, upgrades: ['azure-standalone-cp-1-0-46'] });
  const { stdout } = await status('-o', 'wide');
  expect(stdout).toMatch(/UPGRADES/);
  expect(stdout).toContain('azure-standalone-cp-1-0-46');
});

it('--state shows those alone, by a state in any case or a group, and counts the others', async () => {
  holds([], { clusters: FLEET });
  const { json } = await status('--state', 'deleting', '--json');
  expect(json.clusters.map(({ name }: { name: string }) => name)).toEqual([DELETING.metadata.name]);
  const { stdout } = await status('--state', 'failed,Deleting');
  expect(stdout).toContain('3 of 4 clusters: 1 Failed, 1 ServicesFailed, 1 Deleting');
  expect(stdout).not.toContain(`${READY.metadata.name} `);
  expect((await status('--state', 'paused')).stdout).toContain('none of 4 clusters');
  const wrong = await status('--state', 'faild');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('failed');
});

it('-L adds a column for each label', async () => {
  const { labels: _, ...metadata } = READY.metadata;
  holds([], {
    clusters: [
      FAILED,
      { ...READY, metadata: { ...metadata, labels: { env: 'prod', 'example.com/team': 'pay' } } },
    ],
  });
  const { stdout } = await status('-L', 'env,example.com/team', '-L', 'toString');
  const [heading = '', ...rows] = named(stdout);
  expect(heading).toMatch(/ENV +TEAM +TOSTRING/);
  const row = rows.find((line) => line.includes(READY.metadata.name)) ?? '';
  const at = (word: string) => heading.indexOf(word);
  expect(row.slice(at('ENV'), at('TOSTRING')).trim()).toMatch(/^prod +pay$/);
  expect(row.slice(at('TOSTRING'), at('AGE')).trim()).toBe('');
});

it('--sort-by sorts by what columns show, the state worst first', async () => {
  holds([], { clusters: FLEET });
  const order = async (key: string) =>
    (await status('--sort-by', key, '--json')).json.clusters.map(({ name }: { name: string }) => name);
  expect(await order('state')).toEqual(
    [FAILED, PENDING, DELETING, READY].map(({ metadata }) => metadata.name),
  );
  const ages = [...FLEET].sort((a, b) =>
    String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)),
  );
  expect(await order('age')).toEqual(ages.map(({ metadata }) => metadata.name));
  const { code, stderr } = await status('--sort-by', 'no.such');
  expect(code).toBe(2);
  expect(stderr).toContain('no.such');
});

it('-A asks for all namespaces, and not with -n', async () => {
  holds([], { clusters: FLEET });
  expect((await status('-A')).stdout).toContain('4 clusters');
  expect((await status('-A', '-n', 'kcm-system')).code).toBe(2);
});

it('gives Prometheus one series for each cluster that is not Ready, up to a bound that is told', async () => {
  holds([], { clusters: FLEET });
  const series = (text: string) => named(text).filter((line) => line.startsWith('kgit_cluster_not_ready{'));
  const few = series((await status('-o', 'prometheus')).stdout);
  expect(few).toHaveLength(3);
  expect(few[0]).toBe(
    `kgit_cluster_not_ready{management="default",namespace="${FAILED.metadata.namespace}",name="${FAILED.metadata.name}",state="Failed"} 1`,
  );
  holds([], { clusters: [...generateClusters(DELETING, MOST_SERIES + 2), FAILED] });
  const many = await status('-o', 'prometheus');
  expect(series(many.stdout)).toHaveLength(MOST_SERIES);
  expect(series(many.stdout)[0]).toContain('state="Failed"');
  expect(many.stderr).toContain('3 more are only counted');
});

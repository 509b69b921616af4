import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

const LIVE = samples()[0]?.metadata as { name: string; namespace: string };
let server: ApiServer;
let env: { KUBECONFIG: string };
let state: string;

beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  env = { KUBECONFIG: server.kubeconfig };
});
beforeEach(() => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples().slice(0, 2), versions: ['v1beta1'] });
  state = join(temporaryFolder(), 'state');
  mkdirSync(state);
  for (const name of ['gone-1', LIVE.name]) {
    const entry = '{timestamp: "2025-07-12T10:00:00Z", action: cluster_deployment_created, message: m}';
    writeFileSync(
      join(state, `cluster-${name}-events.yaml`),
      `cluster_name: ${name}\nevents:\n  - ${entry}\n`,
    );
  }
});
afterAll(() => server.stop());

describe('import --live', () => {
  it('takes the namespaces from k0rdent, lists what is nowhere, and imports nothing twice without it', async () => {
    const repository = await initialisedState();
    const [first] = samples();
    if (first) Object.assign(first.metadata, { namespace: 'team-a' });
    server.cluster.clusters = first ? [first] : [];
    const result = await kgitJson(repository, ['import', state, '--live'], { env });
    expect(result.live).toMatchObject({
      found: [`cluster/default/team-a/${LIVE.name}`],
      notFound: ['cluster/default/kcm-system/gone-1'],
      ...{ seen: null, denied: [] },
    });
    expect((await kgitJson(repository, ['import', state])).delivery).toBe('unchanged');
    const failed = await kgit(repository, ['import', state, '--live'], {
      env: { KUBECONFIG: '/nowhere' },
    });
    expect(failed.code).toBe(17);
  });
});

describe('import --live of a name that lives in two namespaces', () => {
  const inTwo = () => {
    const [first] = samples();
    if (first === undefined) throw new Error('there are no samples');
    return ['team-b', 'team-a'].map((namespace) => ({
      ...first,
      metadata: { ...first.metadata, namespace, uid: `${namespace}-uid` },
    }));
  };
  const subject = (namespace: string) => `cluster/default/${namespace}/${LIVE.name}`;

  it('says so before it asks, and where the history goes; --namespace chooses', async () => {
    const repository = await initialisedState();
    server.cluster.clusters = inTwo();
    const plan = ['import', state, '--live', '--dry-run', '--json'];
    const told = await kgit(repository, plan, { env });
    expect(told.stderr).toContain(
      `${LIVE.name} lives in 2 namespaces (team-a, team-b): the files become history of ${subject('kcm-system')}; --namespace NS chooses another one`,
    );
    expect(told.stderr).not.toContain(`${subject('kcm-system')}: found nowhere`);
    expect(told.json.live.ambiguous).toEqual([
      { subject: subject('kcm-system'), namespaces: ['team-a', 'team-b'] },
    ]);
    const chosen = await kgit(repository, [...plan, '--namespace', 'team-b'], { env });
    expect(chosen.json.live).toMatchObject({
      found: [subject('team-b')],
      ambiguous: [{ subject: subject('team-b') }],
    });
  });

  it('takes the namespace that is chosen, also where the state file says another one', async () => {
    const repository = await initialisedState();
    server.cluster.clusters = inTwo();
    writeFileSync(
      join(state, `cluster-${LIVE.name}-state.yaml`),
      `cluster_name: ${LIVE.name}\ncreated_at: "2025-07-12T09:00:00Z"\nlast_updated: "2025-07-12T09:00:00Z"\nkubernetes_namespace: team-a\n`,
    );
    const said = await kgitJson(repository, ['import', state, '--live', '--dry-run'], { env });
    expect(said.live.found).toEqual([subject('team-a')]);
    await kgitJson(repository, ['import', state, '--live', '--namespace', 'team-b'], { env });
    expect((await kgitJson(repository, ['log', subject('team-b')])).events.length).toBeGreaterThan(0);
  });
});

describe('import --live where not all can be seen', () => {
  const as = (token: string) => ({ KUBECONFIG: server.writeKubeconfig([{ name: token, token }]) });

  it('asks the namespace that is named, and does not say of what may be elsewhere that it is nowhere', async () => {
    const repository = await initialisedState();
    const denied = await kgit(repository, ['import', state, '--live'], { env: as('team') });
    expect(denied.code).toBe(17);
    const live = [...['import', state, '--live', '--dry-run'], '--namespace', 'team-payments'];
    const { stderr } = await kgit(repository, live, { env: as('team') });
    expect(stderr).toContain('not found in the namespaces that you may read (team-payments)');
    expect(stderr).not.toContain('nowhere');
    const result = await kgitJson(repository, live, { env: as('team') });
    expect(result.live).toMatchObject({ seen: ['team-payments'], denied: ['kcm-system'] });
  });

  it('is refused where the context is another management cluster', async () => {
    const repository = temporaryFolder();
    await kgitJson('.', ['init', repository, '--management', 'eu-hub']);
    await kgit(repository, ['status'], { env });
    writeFileSync(
      join(repository, 'kgit.yaml'),
      `${readFileSync(join(repository, 'kgit.yaml'), 'utf8').replace('managements:', 'managements:\n  us-hub: {identity: other}')}`,
    );
    git(repository, 'commit', '-qam', 'a second management cluster');
    const run = await kgit(repository, ['import', state, '--live', '--management', 'us-hub'], { env });
    expect(run.code).toBe(17);
    expect(run.stderr).toContain('management cluster us-hub was not asked');
  });
});

describe('kgit backfill', () => {
  it('records who vanished and who is there unrecorded, once, copies no status, and plans with --dry-run', async () => {
    const remote = bareRepository();
    const repository = temporaryFolder();
    await kgitJson('.', ['init', repository, '--remote', remote]);
    await kgitJson(repository, ['import', state]);
    const early = await kgit(repository, ['backfill', '--dry-run'], { env });
    expect(early.stderr).toContain("run 'kgit status' to record its identity");
    await kgit(repository, ['status'], { env });
    const other = cloneOf(remote);
    const count = () => Number(git(remote, 'rev-list', '--count', 'main'));
    const before = count();
    const plan = await kgitJson(repository, ['backfill', '--dry-run'], { env });
    expect(plan).toMatchObject({ kind: 'BackfillResult', delivery: 'dry-run' });
    expect(count()).toBe(before);
    const actions = plan.events.map(({ action, subject }: { action: string; subject: string }) => [
      action,
      subject.split('/').at(-1),
    ]);
    expect(actions).toContainEqual(['cluster_vanished', 'gone-1']);
    expect(actions.filter(([action]: string[]) => action === 'cluster_observed')).not.toEqual([]);
    // Two who do it at once record it once: the same record and the same clusters give the same events.
    const both = [
      kgitJson(repository, ['backfill'], { env }),
      kgitJson(other, ['backfill', '--user', 'bob'], { env }),
    ];
    const [one, two] = await Promise.all(both);
    const ids = (result: { events: { id: string }[] }) => result.events.map(({ id }) => id);
    expect(ids(one)).toEqual(ids(two));
    expect(count()).toBe(before + 1);
    const again = await kgitJson(repository, ['backfill'], { env });
    expect(again).toMatchObject({ delivery: 'unchanged', operation: null, events: [] });
    const { json } = await kgit(repository, ['status', '--json'], { env });
    expect(json.divergence.filter(({ kind }: { kind: string }) => kind !== 'lingering')).toEqual([]);
    const { events } = await kgitJson(repository, ['log', 'gone-1']);
    expect(events.at(-1)).toMatchObject({
      action: 'cluster_vanished',
      lifecycle: 'deleted',
      timestamp: '2025-07-12T10:00:00.001Z',
      parameters: { last_recorded: '2025-07-12T10:00:00Z' },
    });
  });
});

it('leaves out a cluster whose name breaks the rule, naming it and the rule, and records the others', async () => {
  const repository = await initialisedState();
  const [first, second] = samples();
  if (first) Object.assign(first.metadata, { name: 'Odd_Name' });
  server.cluster.clusters = first && second ? [first, second] : [];
  const run = await kgit(repository, ['backfill', '--json'], { env });
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(
    /the ClusterDeployment \S+\/Odd_Name is left out: .*is not a DNS-1123 subdomain/,
  );
  expect(run.json.events).toHaveLength(1);
});

it('leaves out what would be dated in the future, and says so', async () => {
  const repository = await initialisedState();
  const [first, second] = samples();
  if (first) Object.assign(first.metadata, { creationTimestamp: '2099-01-01T00:00:00Z' });
  server.cluster.clusters = first && second ? [first, second] : [];
  const run = await kgit(repository, ['backfill', '--json'], { env });
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('it would be dated 2099-01-01T00:00:00Z, and it lies in the future');
  expect(run.json.events).toHaveLength(1);
  expect((await kgit(repository, ['validate'])).code).toBe(0);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reported, requireKubectl, sample, sampleOthersHere, samples } from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

let server: ApiServer;
let repository: string;
const STAGING = 'team-payments/azure-staging-neu';
const AWS = 'team-payments/aws-prod-use1';

beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  repository = await initialisedState();
});
beforeEach(() => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples(), others: sampleOthersHere() });
});
afterAll(() => server.stop());

const run = (args: string[]) => kgit(repository, args, { env: { KUBECONFIG: server.kubeconfig } });
const edited = (file: string, change: (object: KubeObject) => object): KubeObject => {
  const object = sample(file);
  return { ...object, ...change(object) } as KubeObject;
};

describe('kgit status of one cluster', () => {
  it('explains it: the cause on top, both kinds of events on one time line, what is around it', async () => {
    await kgitJson(repository, [
      'push-event',
      'cluster_created',
      '--cluster',
      STAGING,
      '--user',
      'ada',
      '--timestamp',
      '2026-08-22T09:53:00Z',
    ]);
    const { json, code } = await run(['status', `cluster/${STAGING}`, '--explain', '--json']);
    expect(code).toBe(0);
    expect(json.clusters).toHaveLength(1);
    expect(json.detail.cause).toMatchObject({ from: 'CAPIClusterSummary' });
    expect(json.detail.conditions[0].type).toBe('CAPIClusterSummary');
    expect(json.timeLine.map(({ source, what }: Record<string, string>) => `${source} ${what}`)).toEqual([
      'kgit cluster_created',
      'kubernetes HelmReleaseCreated',
      'kubernetes HelmReleaseIsReady',
      'kubernetes CAPIClusterIsProvisioning',
    ]);
    const related = json.detail.related.map(({ kind, state }: Record<string, string>) => `${kind} ${state}`);
    expect(related).toEqual(expect.arrayContaining(['Cluster Provisioning', 'ClusterTemplate not there']));
    expect(related.some((line: string) => line.startsWith('Machine '))).toBe(true);
    const text = (await run(['status', STAGING])).stdout;
    expect(text).toMatch(/because +CAPIClusterSummary: ControlPlaneInitialized/);
    expect(text).toMatch(/kgit|ada/);
  });

  it('says both where the word of k0rdent and what lies below disagree, and sets no check mark beside a False', async () => {
    server.cluster.clusters = [reported('cld-recreated.yaml'), reported('cld-ready-at-4s.yaml')];
    const recreated = await run(['status', 'kcm-system/i897-recreated-shows-old-deletion', '--explain']);
    expect(recreated.stdout).toMatch(
      /however +k0rdent says "Deleting: .*", but nobody asked for the deletion/,
    );
    expect(recreated.stdout).not.toMatch(/\u2713 \w+ +False/);
    const page = await run(['show', 'kcm-system/i897-recreated-shows-old-deletion', '-o', 'md']);
    expect(page.stdout).toContain('**However:** k0rdent says');
    const young = await run(['status', 'kcm-system/i1296-ready-at-4s', '--json']);
    expect(young.json.clusters[0]).toMatchObject({ state: 'Provisioning', ready: { status: 'True' } });
    expect(young.json.detail.cause).toMatchObject({ from: 'HelmReleaseReady' });
    const waited = await run(['wait', 'kcm-system/i1296-ready-at-4s', '--for', 'ready', '--timeout', '2s']);
    expect(waited.code).toBe(3);
    expect(waited.stderr).toContain('Provisioning, HelmReleaseReady:');
  });

  it('shows no event of a predecessor of its name, and says what is denied', async () => {
    const uid = '00000000-0000-4000-8000-000000000099';
    server.cluster.clusters = [
      edited('cld-02-azure-provisioning.yaml', ({ metadata }) => ({ metadata: { ...metadata, uid } })),
    ];
    const { json } = await run(['status', STAGING, '--json']);
    expect(json.timeLine.filter(({ source }: { source: string }) => source === 'kubernetes')).toEqual([]);
    const denied = await run(['status', STAGING, '--context', 'viewer', '--explain']);
    expect(denied.code).toBe(0);
    expect(denied.stdout).toContain('Kubernetes events: denied');
    expect(denied.stdout).toMatch(/Cluster +azure-staging-neu +denied|Credential +azure-cred +denied/);
  });

  it('is not found where it is neither live nor recorded; vanished where it is recorded', async () => {
    expect((await run(['status', 'aws-prod-use1', '--json'])).json.error).toMatchObject({
      ...{
        code: 'NOT_FOUND',
        message: 'cluster/default/kcm-system/aws-prod-use1 is neither live nor recorded',
      },
      suggestions: [`Did you mean ${AWS}?`, expect.stringContaining('kgit status')],
    });
    await kgitJson(repository, ['push-event', 'cluster_created', '--cluster', 'gone']);
    const { json } = await run(['status', 'gone', '--json']);
    expect(json).toMatchObject({ clusters: [], divergence: [{ kind: 'vanished', name: 'gone' }] });
    expect((await run(['show', 'gone'])).stdout).toContain('not live');
  });
});

describe('divergence from what was recorded', () => {
  it('tells a template that was changed without kgit, and fails on it where asked', async () => {
    const created = [
      'push-event',
      'cluster_created',
      '--cluster',
      AWS,
      '--timestamp',
      '2026-08-22T07:31:00Z',
    ];
    await kgitJson(repository, [
      ...created,
      '--param',
      'template=aws-standalone-cp-1-0-42',
      '--param',
      'workersNumber=3',
    ]);
    const found = await run(['status', '--json', '--fail-on', 'template-changed']);
    expect(found.code).toBe(3);
    const own = found.json.divergence.filter(({ name }: { name: string }) => name === 'aws-prod-use1');
    expect(own).toMatchObject([
      {
        kind: 'template-changed',
        path: 'template',
        recorded: 'aws-standalone-cp-1-0-42',
        live: 'aws-standalone-cp-1-0-43',
      },
    ]);
    await kgitJson(repository, [
      'push-event',
      'cluster_upgraded',
      '--cluster',
      AWS,
      '--param',
      'template=aws-standalone-cp-1-0-43',
    ]);
    expect((await run(['status', '--fail-on', 'template-changed,drifted'])).code).toBe(0);
  });
});

describe('metrics and pages', () => {
  it('gives metrics of what could be asked, and 17 where a context failed', async () => {
    const { stdout, code } = await run([
      'status',
      '-o',
      'prometheus',
      '--context',
      'admin',
      '--context',
      'nobody',
    ]);
    expect(code).toBe(17);
    expect(stdout).toContain('kgit_context_up{context="nobody"} 0\n');
    expect(stdout).toContain('kgit_clusters{management="default",state="Failed"}');
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .every((line) => /^(# (HELP|TYPE) kgit_\w+ .+|kgit_\w+(\{[^}]+\})? [\d.]+)$/.test(line)),
    ).toBe(true);
    const doctor = await run(['doctor', '-o', 'prometheus']);
    expect(doctor.stdout).toContain('kgit_outbox_operations 0\n');
    expect(doctor.stdout).toContain('kgit_check_ok{check="rights"} 1\n');
    expect((await run(['status', '--offline', '-o', 'prometheus'])).code).toBe(2);
  });

  it('tells that no context could be asked as a metric too, and nothing of clusters', async () => {
    server.inject({ kind: 'unavailable' });
    const down = await run(['status', '-o', 'prometheus']);
    expect(down.code).toBe(17);
    expect(down.stdout).toMatch(
      /^# HELP kgit_context_up .+\n# TYPE kgit_context_up gauge\nkgit_context_up\{context="admin"\} 0\n$/,
    );
    expect(down.stderr).toContain('the API server reports an error');
    server.reset();
  });

  it('makes a page whose markup is all its own', async () => {
    await kgitJson(repository, [
      'push-event',
      'noted',
      '--cluster',
      AWS,
      '--message',
      '<b>|x|</b> [a](javascript:b)',
    ]);
    const { stdout, code } = await run(['show', AWS, '-o', 'md']);
    expect(code).toBe(0);
    expect(stdout).toContain('# cluster/default/team-payments/aws-prod-use1');
    expect(stdout).toContain('**Why:** `CAPIClusterSummary`: InfrastructureReady');
    expect(stdout).toContain('\\<b\\>\\|x\\|');
    expect(stdout).not.toContain('[a](');
  });

  it('doctor tells which rights the user has', async () => {
    const kubeconfig = server.writeKubeconfig([{ name: 'mine', token: 'team', namespace: 'team-payments' }]);
    const { json } = await kgit(repository, ['doctor', '--json'], { env: { KUBECONFIG: kubeconfig } });
    const rights = json.checks.find(({ name }: { name: string }) => name === 'rights');
    expect(rights).toMatchObject({ ok: true });
    expect(rights.detail).toContain('in namespace team-payments alone: list clusterdeployments');
    expect(rights.detail).toMatch(/denied: .*list events/);
  });
});

describe('kgit wait', () => {
  it('ends with 0 when all is so, whichever context shows it', async () => {
    const names = ['azure-prod-weu', 'kcm-system/azure-westus3', 'nowhere'];
    const { json, code } = await run(['wait', ...names.slice(0, 2), '--for', 'ready', '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ kind: 'WaitResult', for: 'Ready' });
    expect(json.clusters.map(({ subject, state }: Record<string, string>) => `${subject} ${state}`)).toEqual([
      'cluster/default/kcm-system/azure-prod-weu Ready',
      'cluster/default/kcm-system/azure-westus3 Ready',
    ]);
    // Of one context that may not and one that may, the answer of the one that may counts.
    const both = ['--context', 'nobody', '--context', 'admin'];
    const one = await run(['wait', 'azure-prod-weu', ...both, '--for', 'ready', '--json']);
    expect(one.json).toMatchObject({ subject: 'cluster/default/kcm-system/azure-prod-weu', state: 'Ready' });
    expect((await run(['wait', 'nowhere', '--for', 'deleted'])).code).toBe(0);
    // That it is not there can only be said where everybody answered.
    expect((await run(['wait', 'nowhere', '--for', 'deleted', ...both])).code).toBe(17);
  });

  it('ends with 3 and the cause when one failed or does not come in time, with 2 for a wrong word', async () => {
    const failed = await run(['wait', 'azure-prod-weu', AWS, '--for', 'ready', '--json']);
    expect(failed.json.error).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('AuthFailure'),
      data: { subject: `cluster/default/${AWS}`, state: 'Failed', reason: 'failed' },
    });
    const names = ['openstack-prod-fra', 'nowhere', 'azure-prod-weu'];
    const late = await run(['wait', ...names, '--for', 'ready', '--timeout', '0.5']);
    expect(late.code).toBe(3);
    expect(late.stderr).toContain(
      'not Ready after 0s: cluster/default/kcm-system/openstack-prod-fra: Updating',
    );
    expect(late.stderr).toContain('cluster/default/kcm-system/nowhere: not there');
    const missing = await run(['wait', 'nowhere', '--for', 'ready', '--timeout', '0.1', '--json']);
    expect(missing.json.error).toMatchObject({
      data: { state: null, reason: 'timeout' },
      suggestions: ['Check the name: kgit status -n kcm-system shows what is there'],
    });
    expect((await run(['wait', AWS, '--for', 'nonsense'])).code).toBe(2);
    expect((await run(['wait', '--for', 'ready'])).code).toBe(2);
  });

  it('goes on while the cluster is on its way, and over a moment of failure', async () => {
    const list = '/apis/k0rdent.mirantis.com/v1beta1/namespaces/team-payments/clusterdeployments';
    // kubectl itself asks again after an answer that names a time for it.
    server.inject({ kind: 'internal-error', times: 1, when: ({ path }) => path === list });
    server.cluster.clusters = [];
    const waiting = run(['wait', STAGING, '--for', 'new', '--timeout', '60']);
    const begun = async () => {
      while (server.requests.filter(({ path }) => path === list).length < 2)
        await new Promise((wake) => setTimeout(wake, 50));
    };
    await begun();
    const { status: _, ...bare } = sample('cld-02-azure-provisioning.yaml');
    server.cluster.clusters = [bare as KubeObject];
    const { code, stderr } = await waiting;
    expect(code).toBe(0);
    expect(stderr).toContain('cannot be asked, kgit keeps trying');
    server.inject({ kind: 'unauthorized' });
    expect((await run(['wait', AWS, '--for', 'ready'])).code).toBe(17);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../src/demo/api-server/routes.js';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { generateClusters, type KubeObject } from '../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';

/** The lists that are asked beside that of the clusters. */
const BESIDE = ['regions', 'credentials', 'multiclusterservices', 'sveltosclusters', 'accessmanagements'];

let server: ApiServer;
let repository: string;
let env: { KUBECONFIG: string };
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer();
  env = { KUBECONFIG: server.kubeconfig };
  repository = temporaryFolder();
  await kgitJson('.', ['init', repository]);
  holds();
  await kgit(repository, ['status'], { env });
});
beforeEach(() => {
  server.reset();
  holds();
});
afterAll(() => server.stop());

/** The management cluster holds one cluster that is well, and `others`. */
function holds(others: readonly KubeObject[] = [], more: Partial<ApiServer['cluster']> = {}): void {
  Object.assign(server.cluster, {
    clusters: [sample('cld-01-azure-healthy.yaml')],
    managements: [sample('mgmt-01-healthy.yaml')],
    versions: ['v1beta1'],
    ...{ others, ...more },
  });
}

const status = (...args: string[]) => kgit(repository, ['status', '--no-learn', ...args], { env });
/** The lines that say what is not well, and what could not be seen. */
async function told(...args: string[]): Promise<string[]> {
  const { stdout, code } = await status(...args);
  expect(code).toBe(0);
  return stdout.split('\n').filter((line) => /^(! |not seen)/.test(line));
}
async function health(...args: string[]) {
  const { json, code } = await status('--json', ...args);
  expect(code).toBe(0);
  return { k0rdent: json.contexts[0].k0rdent, clusters: json.clusters };
}
const isFor = (plural: string) => (request: ReceivedRequest) => request.path.endsWith(`/${plural}`);
const asked = () => server.requests.map(({ path }) => path.split('/').at(-1) ?? '');

/** A MultiClusterService for the cluster that is well. */
function ingress(status: object = {}): KubeObject {
  return {
    apiVersion: 'k0rdent.mirantis.com/v1beta1',
    kind: 'MultiClusterService',
    metadata: { name: 'ingress' },
    spec: {
      clusterSelector: { matchLabels: { env: 'prod' } },
      serviceSpec: {
        services: [{ name: 'ingress-nginx', namespace: 'ingress', template: 'ingress-nginx-4-13-0' }],
      },
    },
    status,
  };
}

describe('kgit status, where all is well', () => {
  it('says so in one word', async () => {
    holds([sample('cred-01-azure-ready.yaml')]);
    const { stdout } = await status();
    expect(await told()).toEqual([]);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^main@.*, k0rdent kcm-1-11-0 ready$/);
    const { k0rdent, clusters } = await health();
    expect(k0rdent).toEqual({
      ...{ release: 'kcm-1-11-0', ready: true, message: null, components: [] },
      ...{ regions: [], credentials: [], accessManagement: [], notSeenByKcm: null, notSeen: [] },
      lastLook: expect.stringMatching(/^2026-/),
    });
    expect(clusters[0].findings).toEqual([]);
  });

  it('asks one list of each kind, however many clusters there are, and Management once', async () => {
    await status('--json');
    const few = asked().sort();
    server.reset();
    const clusters = generateClusters(sample('cld-01-azure-healthy.yaml'), 300);
    holds([ingress()], { clusters });
    const { json } = await status('--json');
    expect(json.clusters).toHaveLength(300);
    expect(asked().sort()).toEqual(few);
    for (const plural of [...BESIDE, 'managements', 'clusterdeployments'])
      expect(asked().filter((one) => one === plural)).toHaveLength(1);
  });

  it('with a namespace asks for what lies in it alone', async () => {
    await status('-n', 'team-payments');
    const paths = server.requests.map(({ path }) => path);
    expect(paths).toContain('/apis/k0rdent.mirantis.com/v1beta1/namespaces/team-payments/credentials');
    expect(paths).toContain('/apis/lib.projectsveltos.io/v1beta1/namespaces/team-payments/sveltosclusters');
    expect(paths).toContain('/apis/k0rdent.mirantis.com/v1beta1/regions');
  });

  it('asks for none of it where one cluster is asked for, nor do backfill and wait', async () => {
    await status('kcm-system/azure-prod-weu');
    await kgit(repository, ['backfill', '--dry-run'], { env });
    await kgit(repository, ['wait', 'kcm-system/azure-prod-weu', '--for', 'ready'], { env });
    expect(asked().filter((one) => BESIDE.includes(one))).toEqual([]);
    const { json } = await status('kcm-system/azure-prod-weu', '--json');
    expect(json.contexts[0].k0rdent).toBeNull();
    expect(json.clusters[0].findings).toBeNull();
  });
});

describe('kgit status, where something of k0rdent is not well', () => {
  it('Management', async () => {
    holds([], { managements: [sample('mgmt-02-degraded.yaml')] });
    expect(await told()).toEqual([
      '! k0rdent kcm-1-11-0 is not ready: Components not ready: [cluster-api-provider-azure]; cluster-api-provider-azure: HelmRelease kcm-system/cluster-api-provider-azure Ready condition is not updated yet',
    ]);
    expect((await status()).stdout).not.toContain('kcm-1-11-0 ready');
    expect((await health()).k0rdent).toMatchObject({
      ready: false,
      components: [{ name: 'cluster-api-provider-azure' }],
    });
  });

  it('no Management object: it is told that nothing is known', async () => {
    holds([], { managements: [] });
    expect(await told()).toContain('! k0rdent does not say whether it is ready');
    expect((await health()).k0rdent).toMatchObject({ release: null, ready: null, notSeen: [] });
  });

  it('Region, Credential and AccessManagement', async () => {
    holds(
      ['rgn-01-paused', 'cred-02-azure-not-ready', 'access-01-new-rules'].map((name) =>
        sample(`${name}.yaml`),
      ),
    );
    expect(await told()).toEqual([
      '! region eu-dc1 is paused',
      expect.stringMatching(
        /^! credential team-payments\/azure-cred is not ready: failed to get ClusterIdentity/,
      ),
      '! AccessManagement kcm cannot hand out Credential: Credential kcm-system/azure-cred is not found',
      '! AccessManagement kcm cannot hand out Namespace: skipped: Namespace is cluster-scoped and cannot be distributed by AccessManagement',
    ]);
    const { k0rdent } = await health();
    expect(k0rdent.regions).toMatchObject([{ name: 'eu-dc1', paused: true, ready: true }]);
    expect(k0rdent.accessManagement.map(({ kind }: { kind: string }) => kind)).toEqual([
      'Credential',
      'Namespace',
    ]);
  });

  it('an adopted cluster that kcm calls ready and Sveltos cannot reach', async () => {
    holds([sample('sveltos-01-down.yaml')], { clusters: [sample('adopted-i953-bad-kubeconfig.yaml')] });
    expect(await told()).toEqual([
      expect.stringMatching(
        /^! adopted cluster kcm-system\/i953-adopted-bad-kubeconfig cannot be reached: Get .* i\/o timeout$/,
      ),
    ]);
    const { clusters } = await health();
    expect(clusters).toMatchObject([
      { state: 'Ready', findings: [{ kind: 'unreachable', from: 'SveltosCluster' }] },
    ]);
  });

  it('a MultiClusterService that covers a cluster and is not there', async () => {
    holds([ingress()]);
    expect(await told()).toEqual([
      '! MultiClusterService ingress covers kcm-system/azure-prod-weu: it is not there',
    ]);
    expect((await health()).clusters[0].findings).toEqual([
      { kind: 'services-missing', from: 'MultiClusterService ingress', message: 'it is not there' },
    ]);
  });

  it('a change that kcm has not looked at', async () => {
    const object = sample('cld-01-azure-healthy.yaml');
    holds([], { clusters: [{ ...object, metadata: { ...object.metadata, generation: 9 } }] });
    expect(await told()).toEqual([
      expect.stringMatching(
        /^! kcm has not looked at ClusterDeployment kcm-system\/azure-prod-weu since 2026-/,
      ),
    ]);
  });

  it('of many of one kind shows a few, and all with -o wide', async () => {
    const credential = sample('cred-02-azure-not-ready.yaml');
    holds(
      Array.from({ length: 40 }, (_, i) => ({
        ...credential,
        metadata: { ...credential.metadata, name: `cred-${i + 10}` },
      })),
    );
    const lines = await told();
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toBe('! … and 36 more like it; -o wide lists all');
    expect(await told('-o', 'wide')).toHaveLength(40);
    expect((await health()).k0rdent.credentials).toHaveLength(40);
  });

  it('controls and secrets of objects reach no terminal', async () => {
    const region = sample('rgn-01-paused.yaml');
    const conditions = [
      {
        type: 'Ready',
        status: 'False',
        message: 'password=Hunter2-Hunter2 \u001b[2J\u202e AKIAIOSFODNN7EXAMPLE',
      },
    ];
    holds([{ ...region, metadata: { ...region.metadata, name: 'eu\u001b[31m' }, status: { conditions } }]);
    for (const output of ['text', 'json']) {
      const { stdout } = await status('-o', output);
      expect(stdout).toContain('eu [31m');
      expect(stdout).not.toMatch(/\u001b|\u202e|\\u001b|Hunter2|AKIAIOSFODNN7EXAMPLE/);
    }
  });
});

describe('kgit status, where a kind cannot be read', () => {
  it('denied: it is told once, and nothing else suffers', async () => {
    for (const plural of BESIDE) server.inject({ kind: 'forbidden', when: isFor(plural) });
    expect(await told()).toEqual([
      'not seen: Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    ]);
    const { k0rdent, clusters } = await health();
    expect(k0rdent.notSeen.map(({ cause }: { cause: string }) => cause)).toEqual(Array(5).fill('forbidden'));
    expect(clusters).toHaveLength(1);
  });

  it('a user who may list clusters alone is told that nothing of it was seen, and not that it is ready', async () => {
    const { stdout, code } = await status('--context', 'reader');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'not seen: Management, Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    );
    expect(stdout).not.toContain('ready on');
    expect(stdout).not.toMatch(/k0rdent .*ready/);
  });

  it('not served, as Region by an older kcm', async () => {
    holds([], { versions: ['v1alpha1'] });
    expect(await told()).toEqual(['not seen: Region (not served)']);
    expect((await health()).k0rdent.notSeen).toEqual([{ kind: 'Region', cause: 'not-found' }]);
  });

  it('failed: an error of the server, or an answer that is none', async () => {
    server.inject({ kind: 'internal-error', when: isFor('credentials') });
    server.inject({ kind: 'garbage', when: isFor('regions') });
    expect(await told()).toEqual([
      'not seen: Region (failed, unexpected-answer); Credential (failed, server-error)',
    ]);
  });
});

describe('what scripts ask for', () => {
  const exit = async (...args: string[]) => (await status(...args)).code;

  it('--fail-on k0rdent, unreachable, services-missing, not-seen', async () => {
    const words = ['k0rdent', 'unreachable', 'services-missing', 'not-seen'];
    const codes = async () => Promise.all(words.map((word) => exit('--fail-on', word)));
    expect(await codes()).toEqual([0, 0, 0, 0]);
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    expect(await codes()).toEqual([3, 0, 3, 0]);
    holds([sample('sveltos-01-down.yaml')], { clusters: [sample('adopted-i953-bad-kubeconfig.yaml')] });
    expect(await codes()).toEqual([0, 3, 0, 0]);
    expect(await exit('kcm-system/i953-adopted-bad-kubeconfig', '--fail-on', 'unreachable')).toBe(3);
    server.inject({ kind: 'forbidden', when: isFor('regions') });
    expect(await exit('--fail-on', 'not-seen')).toBe(3);
    server.reset();
    holds([], { versions: ['v1alpha1'] });
    expect(await exit('--fail-on', 'not-seen')).toBe(0);
  });

  it('metrics of it, and none of what was not seen', async () => {
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    const { stdout } = await status('-o', 'prometheus');
    expect(stdout).toContain('kgit_k0rdent_ready{management="default"} 1\n');
    expect(stdout).toContain('kgit_k0rdent_problems{management="default",kind="region"} 1\n');
    expect(stdout).toContain('kgit_cluster_findings{management="default",kind="services-missing"} 1\n');
    const reader = (await status('-o', 'prometheus', '--context', 'reader')).stdout;
    expect(reader).not.toContain('kgit_k0rdent_ready{');
    // The clusters themselves tell what kcm has not looked at.
    expect(reader.match(/^kgit_k0rdent_problems.*$/gm)).toEqual([
      'kgit_k0rdent_problems{management="default",kind="not-seen-by-kcm"} 0',
    ]);
    expect(reader).not.toContain('kgit_cluster_findings{');
    expect(reader).toContain('kgit_k0rdent_kinds_not_seen{management="default"} 6\n');
  });
});

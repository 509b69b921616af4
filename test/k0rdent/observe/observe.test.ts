import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import type { RecordedManagement } from '../../../src/k0rdent/management/management.js';
import type { RecordedCluster } from '../../../src/k0rdent/observe/divergence.js';
import { type ObserveOptions, observe } from '../../../src/k0rdent/observe/observe.js';
import { buildStatus } from '../../../src/k0rdent/observe/status-report.js';
import { generateClusters, SAMPLES_NOW } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { clusterErrorOf, kubectlFor, requireKubectl, sample, samples } from '../support.js';

const LIST = '/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments';
const MANAGEMENTS: readonly RecordedManagement[] = [{ name: 'default', identities: [] }];
const KUBE_SYSTEM_UID = 'kube-system-uid:5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00';
const MANAGEMENT_UID = 'management-uid:e0bc04d7-863d-5afc-80cb-8f11c3ebe5e6';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({
    managements: [sample('mgmt-01-healthy.yaml')],
    kubeSystemUid: KUBE_SYSTEM_UID.slice('kube-system-uid:'.length),
  });
});
beforeEach(() => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
});
afterAll(() => server.stop());

const look = (more: Partial<ObserveOptions> = {}) =>
  observe({ kubectl: kubectlFor(server), managements: MANAGEMENTS, now: () => SAMPLES_NOW, ...more });
const paths = (path: string) => server.requests.filter((request) => request.path === path);
const names = (observation: { clusters: readonly { namespace: string; name: string }[] }) =>
  observation.clusters.map(({ namespace, name }) => `${namespace}/${name}`);

describe('observing a management cluster through kubectl', () => {
  it('gives every cluster its state, in one list', async () => {
    const observation = await look();
    expect(observation.contexts).toEqual([
      {
        context: 'admin',
        management: 'default',
        identity: MANAGEMENT_UID,
        identities: [MANAGEMENT_UID, KUBE_SYSTEM_UID, `server:${server.url}`],
        match: 'new',
        observedAt: '2026-08-22T10:00:00.000Z',
        namespaces: { seen: '*', denied: [] },
        k0rdent: null,
        error: null,
      },
    ]);
    expect(observation.clusters).toHaveLength(samples().length);
    expect(names(observation)).toEqual([...names(observation)].sort());
    expect(observation.clusters.find(({ name }) => name === 'azure-staging-neu')).toEqual({
      management: 'default',
      namespace: 'team-payments',
      name: 'azure-staging-neu',
      state: 'Provisioning',
      ready: { status: 'False', reason: 'Progressing', message: expect.stringMatching(/^\* ControlPlane/) },
      services: { ready: 0, total: 0 },
      template: 'azure-standalone-cp-1-0-45',
      region: null,
      createdAt: '2026-08-22T09:53:41Z',
      since: '2026-08-22T09:54:17Z',
      why: 'CAPIClusterSummary: ControlPlaneInitialized: Control plane not yet initialized',
      uid: '72aa7f29-3f2b-527d-8cbf-4879e77d501a',
      labels: { env: 'staging', 'k0rdent.mirantis.com/component': 'kcm' },
      upgrades: [],
      flags: [],
      findings: null,
    });
    expect(paths(LIST)).toHaveLength(1);
  });

  it('reads 1,203 clusters in three pages of one snapshot, and asks for no cluster by itself', async () => {
    server.cluster.clusters = generateClusters(sample('cld-01-azure-healthy.yaml'), 1203);
    const observation = await look();
    expect(new Set(names(observation)).size).toBe(1203);
    const pages = paths(LIST).map(({ query }) => [query.get('limit'), query.has('continue')]);
    expect(pages).toEqual([
      ['500', false],
      ['500', true],
      ['500', true],
    ]);
    const asked = server.requests.map(({ path }) => path).filter((path) => path !== '/version');
    expect(asked).toHaveLength(6);
  });

  it('repeats the selector on every page', async () => {
    server.cluster.clusters = generateClusters(sample('cld-01-azure-healthy.yaml'), 1203);
    const observation = await look({ selector: 'parity=odd' });
    expect(observation.clusters).toHaveLength(601);
    expect(paths(LIST).map(({ query }) => query.get('labelSelector'))).toEqual(['parity=odd', 'parity=odd']);
    await expect(look({ selector: '=!' })).rejects.toThrow(UsageError);
  });

  it('starts an expired list again, twice at most', async () => {
    server.cluster.clusters = generateClusters(sample('cld-01-azure-healthy.yaml'), 600);
    const continued = (request: { query: URLSearchParams }) => request.query.has('continue');
    server.inject({ kind: 'expired', times: 1, when: continued });
    expect((await look()).clusters).toHaveLength(600);
    expect(paths(LIST)).toHaveLength(4);
    server.inject({ kind: 'expired', when: continued });
    expect((await clusterErrorOf(look())).data['cause']).toBe('expired');
    expect(paths(LIST)).toHaveLength(4 + 6);
  });

  it('asks an older k0rdent in the version that it serves', async () => {
    server.cluster.versions = ['v1alpha1'];
    expect((await look()).clusters).toHaveLength(samples().length);
    expect(paths(LIST.replace('v1beta1', 'v1alpha1'))).toHaveLength(1);
  });

  it('asks several contexts, lists a cluster once, and keeps what one of them gave when another fails', async () => {
    const { contexts, clusters } = await look({
      managements: [{ name: 'eu', identities: [MANAGEMENT_UID] }],
      contexts: ['admin', 'viewer', 'nobody', 'nope', 'admin'],
    });
    expect(contexts.map(({ context, management, match }) => [context, management, match])).toEqual([
      ['admin', 'eu', 'same'],
      ['viewer', 'eu', 'unknown'],
      ['nobody', null, null],
      ['nope', null, null],
    ]);
    expect(contexts.map(({ error }) => error?.data['cause'])).toEqual([
      undefined,
      undefined,
      'forbidden',
      'unknown-context',
    ]);
    expect(clusters).toHaveLength(samples().length);
  });

  it('refuses the context of another management cluster', async () => {
    const error = await clusterErrorOf(
      look({ managements: [{ name: 'default', identities: ['management-uid:other'] }] }),
    );
    expect(error.data).toMatchObject({ cause: 'other-management', context: 'admin' });
  });
});

describe('identity by what the user may read', () => {
  it.each([
    ['admin', () => MANAGEMENT_UID],
    ['viewer', () => KUBE_SYSTEM_UID],
    ['reader', () => `server:${server.url}`],
  ])('%s', async (context, identity) => {
    const { contexts } = await look({ contexts: [context] });
    expect(contexts[0]?.identity).toBe(identity());
  });
});

describe('a user who may not list all namespaces', () => {
  it('sees those asked one by one, and is told which were denied', async () => {
    const { contexts, clusters } = await look({ contexts: ['team'], namespaces: ['team-payments', 'edge'] });
    expect(contexts[0]?.namespaces).toEqual({ seen: ['team-payments'], denied: ['kcm-system', 'edge'] });
    expect(new Set(clusters.map(({ namespace }) => namespace))).toEqual(new Set(['team-payments']));
    expect(clusters.length).toBeGreaterThan(1);
  });

  it("asks the context's namespace first", async () => {
    const kubeconfig = server.writeKubeconfig([{ name: 'mine', token: 'team', namespace: 'team-payments' }]);
    const { contexts } = await look({ kubectl: kubectlFor(server, undefined, { kubeconfig }) });
    expect(contexts[0]).toMatchObject({
      context: 'mine',
      namespaces: { seen: ['team-payments'], denied: ['kcm-system'] },
    });
  });

  it('asks the one namespace that is named, and no other', async () => {
    const { clusters } = await look({ contexts: ['team'], namespace: 'team-payments' });
    expect(clusters.length).toBeGreaterThan(1);
    expect(paths(LIST)).toEqual([]);
    const error = await clusterErrorOf(look({ contexts: ['team'], namespace: 'kcm-system' }));
    expect(error.data['cause']).toBe('forbidden');
    await expect(look({ namespace: '../x' })).rejects.toThrow(UsageError);
  });

  it('gets an error where no namespace may be read', async () => {
    expect((await clusterErrorOf(look({ contexts: ['nobody'] }))).data['cause']).toBe('forbidden');
  });
});

describe('status report', () => {
  const management = [{ name: 'default', identities: [MANAGEMENT_UID] }];
  const created = { timestamp: '2026-08-01T00:00:00Z', action: 'cluster_created' };
  const ghost: RecordedCluster<typeof created> = {
    subject: { kind: 'cluster', management: 'default', namespace: 'kcm-system', name: 'ghost' },
    lifecycle: 'created',
    at: created.timestamp,
    importedOnly: false,
    lastEvent: created,
  };

  it('joins the last events and holds what is live against them', async () => {
    const known = { ...ghost, subject: { ...ghost.subject, name: 'azure-prod-weu' } };
    const report = buildStatus(await look({ managements: management }), [ghost, known]);
    const joined = report.clusters.filter(({ lastEvent }) => lastEvent !== null);
    expect(joined.map(({ name, lastEvent }) => [name, lastEvent?.action])).toEqual([
      ['azure-prod-weu', 'cluster_created'],
    ]);
    const count = (kind: string) => report.divergence.filter((finding) => finding.kind === kind).length;
    expect([count('untracked'), count('vanished'), count('lingering')]).toEqual([samples().length - 1, 1, 0]);
  });

  it('calls nothing vanished behind a selector, a denied namespace or an unproven identity', async () => {
    for (const options of [
      { managements: management, selector: 'env=prod' },
      { managements: management, contexts: ['team'], namespaces: ['team-payments'] },
      { managements: MANAGEMENTS },
    ]) {
      const { divergence } = buildStatus(await look(options), [ghost]);
      expect(divergence.filter(({ kind }) => kind === 'vanished')).toEqual([]);
    }
  });
});

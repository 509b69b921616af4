import { describe, expect, it } from 'vitest';
import { cluster } from '../../../src/model/subject/subject.js';
import { sample } from '../../k0rdent/support.js';
import { generateClusters } from '../../support/api-server/objects.js';
import { BESIDE, besideClusters, ingress } from '../../support/beside-clusters.js';

const { holds, shown, reported, server, asked, told, health } = besideClusters();

describe('kgit status, where all is well', () => {
  it('says so in one word', async () => {
    holds([sample('cred-01-azure-ready.yaml')]);
    expect(await told()).toEqual([]);
    expect((await shown('text')).at(-1)).toBe('main, k0rdent kcm-1-11-0 ready');
    const { k0rdent, clusters } = await health();
    expect(k0rdent).toEqual({
      ...{ release: 'kcm-1-11-0', ready: true, message: null, components: [] },
      ...{ regions: [], credentials: [], accessManagement: [], notSeenByKcm: null, notSeen: [] },
      lastLook: expect.stringMatching(/^2026-/),
    });
    expect(clusters[0]?.findings).toEqual([]);
  });

  it('asks one list of each kind, however many clusters there are, and Management once', async () => {
    await reported();
    const few = asked().sort();
    server().reset();
    const clusters = generateClusters(sample('cld-01-azure-healthy.yaml'), 300);
    holds([ingress()], { clusters });
    expect((await reported()).clusters).toHaveLength(300);
    expect(asked().sort()).toEqual(few);
    for (const plural of [...BESIDE, 'managements', 'clusterdeployments'])
      expect(asked().filter((one) => one === plural)).toHaveLength(1);
  });

  it('with a namespace asks for what lies in it alone', async () => {
    await reported([], { namespace: 'team-payments' });
    const paths = server().requests.map(({ path }) => path);
    expect(paths).toContain('/apis/k0rdent.mirantis.com/v1beta1/namespaces/team-payments/credentials');
    expect(paths).toContain('/apis/lib.projectsveltos.io/v1beta1/namespaces/team-payments/sveltosclusters');
    expect(paths).toContain('/apis/k0rdent.mirantis.com/v1beta1/regions');
  });

  it('asks for none of it where health is not asked for', async () => {
    const one = cluster('default', 'kcm-system', 'azure-prod-weu');
    const { contexts, clusters } = await reported([], { one, namespace: 'kcm-system', health: false });
    expect(asked().filter((plural) => BESIDE.includes(plural))).toEqual([]);
    expect([contexts[0]?.k0rdent, clusters[0]?.findings]).toEqual([null, null]);
  });
});

describe('kgit status, where something of k0rdent is not well', () => {
  it('Management', async () => {
    holds([], { managements: [sample('mgmt-02-degraded.yaml')] });
    expect(await told()).toEqual([
      '! k0rdent kcm-1-11-0 is not ready: Components not ready: [cluster-api-provider-azure]; cluster-api-provider-azure: HelmRelease kcm-system/cluster-api-provider-azure Ready condition is not updated yet',
    ]);
    expect((await shown('text')).join('\n')).not.toContain('kcm-1-11-0 ready');
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
    expect(k0rdent?.regions).toMatchObject([{ name: 'eu-dc1', paused: true, ready: true }]);
    expect(k0rdent?.accessManagement.map(({ kind }) => kind)).toEqual(['Credential', 'Namespace']);
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
    expect((await health()).clusters[0]?.findings).toEqual([
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
    expect(await told('wide')).toHaveLength(40);
    expect((await health()).k0rdent?.credentials).toHaveLength(40);
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
    for (const output of ['text', 'json'] as const) {
      const stdout = (await shown(output)).join('\n');
      expect(stdout).toContain('eu [31m');
      expect(stdout).not.toMatch(/\u001b|\u202e|\\u001b|Hunter2|AKIAIOSFODNN7EXAMPLE/);
    }
  });
});

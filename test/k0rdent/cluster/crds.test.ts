import { describe, expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import { clusterStatus } from '../../../src/k0rdent/cluster/cluster-state.js';
import {
  generateClusters,
  type KubeObject,
  readObject,
  SAMPLES_NOW,
  sampleClusters,
} from '../../support/api-server/objects.js';
import { crdProblems, hasSharedSamples, sharedExpected, sharedObjects } from '../shared-samples.js';
import { istioCluster, regionalCluster, sample, sampleOthersHere, samples } from '../support.js';

describe.runIf(hasSharedSamples)("k0rdent's CRDs and all its samples", () => {
  it('what the test API server serves is valid by the CRDs', () => {
    const problemsOf = crdProblems();
    const served = [
      ...samples(),
      ...generateClusters(sample('cld-01-azure-healthy.yaml'), 2),
      ...[sample('mgmt-01-healthy.yaml'), ...sampleOthersHere()],
      ...[regionalCluster(), istioCluster()],
    ];
    // kcm 1.2 and earlier had other services: their own CRDs are not there.
    const isOld = ({ metadata }: KubeObject) => metadata.name === 'wali-aws-dev';
    const old = served.filter(isOld).flatMap((object) => problemsOf(object) ?? []);
    expect(old.length > 0 && old.every((problem) => problem.startsWith('/status/services/0 '))).toBe(true);
    const checked = served
      .filter((object) => !isOld(object))
      .map((object) => [object.kind, problemsOf(object)] as const);
    expect(checked.filter(([, problems]) => problems !== null && problems.length > 0)).toEqual([]);
    const kinds = new Set(checked.flatMap(([kind, problems]) => (problems === null ? [] : kind)));
    expect([...kinds].sort()).toEqual([
      ...['ClusterDeployment', 'ClusterTemplate', 'Credential', 'Management', 'MultiClusterService'],
      ...['Region', 'ServiceSet'],
    ]);
  });

  it('every sample has the state that is expected of it', () => {
    const rows = sharedExpected().trimEnd().split('\n').slice(1);
    expect(rows).toHaveLength(sampleClusters(sharedObjects).length);
    const found = rows.map((row) => {
      const [place, file = ''] = row.split('\t');
      const cluster = readClusterDeployment(readObject(sharedObjects, file));
      if (cluster === null) throw new Error(`${file} is no ClusterDeployment`);
      const { state, services, ready, flags } = clusterStatus(cluster, SAMPLES_NOW);
      const said = ready.status === null ? '-' : `${ready.status}/${ready.reason}`;
      const counts = `${services.ready}/${services.total}`;
      return [place, file, state, counts, said, flags.join(',') || '-'].join('\t');
    });
    expect(found).toEqual(rows);
  });
});

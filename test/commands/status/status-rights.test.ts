import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ReceivedRequest } from '../../../src/demo/api-server/routes.js';
import {
  regionalCluster,
  requireKubectl,
  sample,
  sampleOthersHere,
  sveltosCluster,
} from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { kgit, startKgit } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

interface Role {
  readonly rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
}

const ADOPTED = 'kcm-system/adopted-onprem-lab';
let server: ApiServer;
let repository: string;
beforeAll(async () => {
  requireKubectl();
  const release = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'adopted-onprem-lab', namespace: 'kcm-system' },
  } as KubeObject;
  server = await startApiServer({
    clusters: [sample('cld-10-adopted-healthy.yaml'), regionalCluster()],
    managements: [sample('mgmt-01-healthy.yaml')],
    others: [...sampleOthersHere(), sveltosCluster({ ready: true, connectionStatus: 'Healthy' }), release],
  });
  repository = await initialisedState();
});
afterAll(() => server.stop());

/** What anybody who is known may do by Kubernetes' own roles: discovery, and asking for one's rights. */
const isOpen = ({ path }: ReceivedRequest) =>
  /^\/(version|api|apis|apis\/[^/]+)$/.test(path) || path.endsWith('/selfsubjectaccessreviews');

/** `verb resource.group`, and the name where it is one object's. */
function rightOf({ path, query }: ReceivedRequest): string {
  const [, group = '', resource, name] =
    /^\/(?:api|apis\/([^/]+))\/v\w+(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const verb = query.has('watch') ? 'watch' : name === undefined ? 'list' : 'get';
  return `${verb} ${resource}.${group}`;
}

it('asks for nothing that docs/rbac.yaml does not grant, and for all kinds that it grants', async () => {
  const env = { KUBECONFIG: server.kubeconfig };
  for (const line of [
    'status -o wide',
    'status --context viewer',
    `status ${ADOPTED} --explain`,
    'show edge-platform/vsphere-dc1-prod --explain -o md',
    `wait ${ADOPTED} --for ready`,
    'backfill --dry-run',
    'doctor',
  ])
    await kgit(repository, line.split(' '), { env });
  const watch = startKgit(repository, ['status', '--watch'], { env });
  const closed = new Promise((resolve) => watch.on('close', resolve));
  while (server.journal.watches === 0) await new Promise((wake) => setTimeout(wake, 20));
  watch.kill('SIGINT');
  await closed;
  const path = join(import.meta.dirname, '../../../docs/rbac.yaml');
  const [role] = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Role);
  const granted = (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
    ),
  );
  const asked = [...new Set(server.requests.filter((one) => !isOpen(one)).map(rightOf))];
  expect(asked.filter((right) => !granted.includes(right))).toEqual([]);
  const kinds = (rights: readonly string[]) =>
    [...new Set(rights.map((right) => right.split(' ')[1]))].sort();
  expect(kinds(asked)).toEqual(kinds(granted));
  expect(kinds(granted).filter((kind) => kind?.startsWith('secrets'))).toEqual([]);
  expect(server.requests.filter(({ method }) => method !== 'GET').every(isOpen)).toBe(true);
  const named = server.requests.filter((one) => rightOf(one).endsWith(' namespaces.'));
  expect(new Set(named.map((one) => one.path))).toEqual(new Set(['/api/v1/namespaces/kube-system']));
});

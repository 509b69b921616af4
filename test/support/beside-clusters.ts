import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { ReceivedRequest } from '../../src/demo/api-server/routes.js';
import { requireKubectl, sample } from '../k0rdent/support.js';
import type { KubeObject } from './api-server/objects.js';
import { type ApiServer, startApiServer } from './api-server/server.js';
import { temporaryFolder } from './git-fixtures.js';
import { kgit, kgitJson } from './kgit.js';

/** The lists that are asked beside that of the clusters. */
export const BESIDE = [
  'regions',
  'credentials',
  'multiclusterservices',
  'sveltosclusters',
  'accessmanagements',
];

/** A management cluster whose contents a test chooses, and `kgit status` of it in a repository that knows it. */
export function besideClusters() {
  let started: ApiServer | null = null;
  let repository = '';
  const server = () => {
    if (started === null) throw new Error('the server was not started');
    return started;
  };

  /** The management cluster holds one cluster that is well, and `others`. */
  function holds(others: readonly KubeObject[] = [], more: Partial<ApiServer['cluster']> = {}): void {
    Object.assign(server().cluster, {
      clusters: [sample('cld-01-azure-healthy.yaml')],
      managements: [sample('mgmt-01-healthy.yaml')],
      versions: ['v1beta1'],
      ...{ others, ...more },
    });
  }
  const run = (...args: string[]) => kgit(repository, args, { env: { KUBECONFIG: server().kubeconfig } });
  const status = (...args: string[]) => run('status', '--no-learn', ...args);

  beforeAll(async () => {
    requireKubectl();
    started = await startApiServer();
    repository = temporaryFolder();
    await kgitJson('.', ['init', repository]);
    holds();
    await run('status');
  });
  beforeEach(() => {
    server().reset();
    holds();
  });
  afterAll(() => started?.stop());

  return {
    ...{ holds, run, status, server },
    /** The last part of the path of each request. */
    asked: () => server().requests.map(({ path }) => path.split('/').at(-1) ?? ''),
    /** The lines that say what is not well, and what could not be seen. */
    told: async (...args: string[]): Promise<string[]> => {
      const { stdout, code } = await status(...args);
      expect(code).toBe(0);
      return stdout.split('\n').filter((line) => /^(! |not seen)/.test(line));
    },
    health: async (...args: string[]) => {
      const { json, code } = await status('--json', ...args);
      expect(code).toBe(0);
      return { k0rdent: json.contexts[0].k0rdent, clusters: json.clusters };
    },
  };
}

/** Whether a request is for the list of this kind. */
export const isFor = (plural: string) => (request: ReceivedRequest) => request.path.endsWith(`/${plural}`);

/** A MultiClusterService for the cluster that is well. */
export function ingress(): KubeObject {
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
    status: {},
  };
}

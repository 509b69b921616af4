import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Observer } from '../../src/app/observe/observer.js';
import { reportStatus, type StatusQuery } from '../../src/app/observe/report-status.js';
import { failing, parseFailOn } from '../../src/cli/flags/fail-on.js';
import { statusResult } from '../../src/cli/render/status/status-result.js';
import type { ReceivedRequest } from '../../src/demo/api-server/routes.js';
import { SkippedEvents } from '../../src/model/event/broken-events.js';
import { formatResult, screenOf } from '../../src/terminal/output.js';
import { kubectlFor, requireKubectl, sample } from '../k0rdent/support.js';
import type { KubeObject } from './api-server/objects.js';
import { type ApiServer, startApiServer } from './api-server/server.js';
import { temporaryFolder } from './git-fixtures.js';
import { kgit, kgitJson } from './kgit.js';
import { memoryContext } from './memory-context.js';

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

  /** What the use case reports, in this process. */
  async function reported(contexts: readonly string[] = [], query: Partial<StatusQuery> = {}) {
    const memory = memoryContext();
    const observer = new Observer(await memory.read(), {
      kubectl: () => kubectlFor(server()),
      contexts,
      learnsNot: '--no-learn',
      actor: memory.writer().actor,
      ids: memory.ids,
      now: Date.now,
      note: () => undefined,
      asking: (work) => work,
      broken: new SkippedEvents(),
    });
    const all = { one: null, namespace: undefined, selector: undefined, health: true, ...query };
    return (await reportStatus(observer, all, { limit: 15, withParts: false })).report;
  }

  /** The lines of a status, in this process. */
  async function shown(format: 'text' | 'wide' | 'json' | 'prometheus', contexts: readonly string[] = []) {
    const view = { states: null, sortBy: undefined, labels: [], isNarrowed: false, footer: 'main' };
    const result = statusResult(await reported(contexts), { ...view, now: Date.now() });
    const screen = { ...screenOf(process.stdout, {}, true), width: null, noHeaders: false };
    return (await formatResult(result, result.json, format, screen)).flatMap((text) => text.split('\n'));
  }

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
    reported,
    /** The lines about problems, and about what could not be read. */
    told: async (format: 'text' | 'wide' = 'text', contexts: readonly string[] = []): Promise<string[]> =>
      (await shown(format, contexts)).filter((line) => /^(! |not seen)/.test(line)),
    shown,
    health: async () => {
      const { contexts, clusters } = await reported();
      return { k0rdent: contexts[0]?.k0rdent, clusters };
    },
    /** The words of --fail-on that match. */
    failed: async (...words: string[]) => failing(parseFailOn(words), await reported()),
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

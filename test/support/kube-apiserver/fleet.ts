import { Agent, request } from 'node:https';
import { type FleetState, LIKE, statusSince } from '../api-server/fleet-states.js';
import { until } from '../patience.js';
import type { KubeApiServer } from './kube-apiserver.js';

const NAMESPACE = 'fleet';
const BASE = `/apis/k0rdent.mirantis.com/v1beta1/namespaces/${NAMESPACE}/clusterdeployments`;
/** How many writes are under way at a time. */
const PARALLEL = 8;

/** ClusterDeployments of a real API server, written as its controllers write: again, until the server takes it. */
export interface Fleet {
  create(names: readonly string[]): Promise<void>;
  /** Brings each cluster to a state, since now. */
  bring(names: readonly string[], state: FleetState): Promise<void>;
  /** Writes to each cluster without changing its state. */
  touch(names: readonly string[]): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
  close(): void;
}

export function fleetOf(server: KubeApiServer): Fleet {
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  server.kubectl(['create', 'namespace', NAMESPACE]);

  /** The status of the answer, null where none came. */
  const send = (method: string, path: string, body?: object): Promise<number | null> =>
    new Promise((resolve) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = { authorization: 'Bearer admin', 'content-type': type };
      const options = { ca: server.certificate, agent, method, headers };
      const call = request(`${server.url}${path}`, options, (answer) => {
        answer.resume();
        answer.on('error', () => resolve(null));
        answer.on('end', () => resolve(answer.statusCode ?? null));
      });
      call.on('error', () => resolve(null));
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });

  /** To be written twice changes nothing the second time. */
  const write = (method: string, path: string, body?: object, done: readonly number[] = [200, 201]) => {
    let answer: number | null = null;
    return until(
      async () => {
        answer = await send(method, path, body);
        return answer !== null && done.includes(answer);
      },
      () => `${method} ${path}: ${answer}`,
      500,
    );
  };

  const each = async (names: readonly string[], act: (name: string) => Promise<void>) => {
    const left = names.values();
    const work = async () => {
      for (const name of left) await act(name);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  };

  return {
    create: (names) =>
      each(names, (name) => {
        const { apiVersion, kind, spec } = LIKE.Ready;
        return write(
          'POST',
          BASE,
          { apiVersion, kind, spec, metadata: { name, namespace: NAMESPACE } },
          [201, 409],
        );
      }),
    bring: (names, state) =>
      each(names, (name) =>
        write('PATCH', `${BASE}/${name}/status`, { status: statusSince(state, new Date()) }),
      ),
    touch: (names) =>
      each(names, (name) =>
        write('PATCH', `${BASE}/${name}`, { metadata: { annotations: { looked: String(Date.now()) } } }),
      ),
    remove: (names) => each(names, (name) => write('DELETE', `${BASE}/${name}`, undefined, [200, 404])),
    close: () => agent.destroy(),
  };
}

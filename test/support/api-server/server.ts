import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Rights, rightsOf, TOKENS } from './access.js';
import { selfSignedCertificate } from './certificate.js';
import { commit, type Fault, type LoggedRequest, send } from './faults.js';
import { Journal } from './journal.js';
import { type KubeContext, kubeconfig } from './kubeconfig.js';
import { Lists } from './lists.js';
import type { KubeObject } from './objects.js';
import { answer, type ManagementCluster } from './routes.js';
import { unauthorized } from './status.js';
import { serveWatch } from './watch.js';

/** A k0rdent management cluster as far as its API is concerned: real HTTPS, real paging, real refusals. */
export interface ApiServer {
  readonly url: string;
  /** Path of a kubeconfig with one context per token, named as the token; the first is the current one. */
  readonly kubeconfig: string;
  readonly cluster: ManagementCluster;
  readonly lists: Lists;
  readonly journal: Journal;
  /** Makes or changes a ClusterDeployment, and tells who watches. */
  apply(object: KubeObject): void;
  /** Removes a ClusterDeployment, and tells who watches. */
  remove(object: KubeObject): void;
  /** Every request since the start or the last `reset`. */
  readonly requests: readonly LoggedRequest[];
  /** Adds a fault; the first one that fits a request answers it. */
  inject(fault: Fault): void;
  /** Forgets faults and requests. */
  reset(): void;
  /** Writes a kubeconfig of the given contexts and returns its path. */
  writeKubeconfig(contexts: readonly KubeContext[]): string;
  stop(): Promise<void>;
}

export interface ApiServerOptions extends Partial<ManagementCluster> {
  readonly tokens?: Readonly<Record<string, Rights>>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { tokens = TOKENS, ...contents } = options;
  const cluster: ManagementCluster = {
    clusters: [],
    managements: [],
    others: [],
    kubeSystemUid: '5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00',
    versions: ['v1beta1'],
    ...contents,
  };
  const certificate = selfSignedCertificate();
  const journal = new Journal();
  const lists = new Lists(journal);
  const requests: LoggedRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'https://server');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const request = { method: incoming.method ?? '', path: url.pathname, query: url.searchParams, body };
    requests.push(request);
    const hit = faults.find(({ fault, left }) => left > 0 && (fault.when?.(request) ?? true));
    if (hit !== undefined) {
      hit.left -= 1;
      commit(hit.fault.kind, response);
      return;
    }
    const rights = rightsOf(incoming.headers.authorization, tokens);
    const answered = rights === null ? unauthorized() : answer(cluster, rights, lists, request);
    const isWatch = request.query.has('watch') && answered.code === 200;
    if (isWatch) serveWatch(journal, request, response);
    else send(answered, response);
  }

  const server = createServer(
    certificate,
    (incoming, response) => void handle(incoming, response).catch(() => response.destroy()),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'kgit-api-server-'));
  let written = 0;
  const writeKubeconfig = (contexts: readonly KubeContext[]): string => {
    written += 1;
    const path = join(folder, `kubeconfig-${written}`);
    writeFileSync(path, kubeconfig(url, certificate.cert, contexts), { mode: 0o600 });
    return path;
  };
  return {
    url,
    kubeconfig: writeKubeconfig(Object.keys(tokens).map((token) => ({ name: token, token }))),
    cluster,
    lists,
    journal,
    apply: (object) => {
      const others = cluster.clusters.filter((item) => !isSame(item, object));
      const type = others.length < cluster.clusters.length ? 'MODIFIED' : 'ADDED';
      cluster.clusters = [...others, object];
      journal.note(type, object);
    },
    remove: (object) => {
      cluster.clusters = cluster.clusters.filter((item) => !isSame(item, object));
      journal.note('DELETED', object);
    },
    requests,
    inject: (fault) => void faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    reset: () => {
      requests.length = 0;
      faults.length = 0;
    },
    writeKubeconfig,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isSame({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

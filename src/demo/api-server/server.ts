import { randomUUID } from 'node:crypto';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Rights, rightsOf } from './access.js';
import { selfSignedCertificate } from './certificate.js';
import { Journal } from './journal.js';
import { Lists } from './lists.js';
import type { KubeObject } from './objects.js';
import { answer, type ManagementCluster, type ReceivedRequest } from './routes.js';
import { type Answer, unauthorized } from './status.js';
import { serveWatch } from './watch.js';

/** Largest request that is read, in bytes: kubectl asks short questions. */
const MAX_BODY = 64 * 1024;

/** When an object was made whose writer does not say so. */
const CREATED = '2026-01-01T00:00:00Z';

/** A stand-in for a k0rdent management cluster, as far as its API is concerned: HTTP/2, paging, watches, refusals. */
export interface ManagementServer {
  readonly url: string;
  /** Its certificate, in PEM: what a client has to trust. */
  readonly certificate: string;
  readonly cluster: ManagementCluster;
  readonly lists: Lists;
  readonly journal: Journal;
  /** Makes or changes a ClusterDeployment, and tells who watches. */
  apply(object: KubeObject): void;
  /** Removes a ClusterDeployment, and tells who watches. */
  remove(object: KubeObject): void;
  stop(): Promise<void>;
}

export interface ManagementServerOptions extends Partial<ManagementCluster> {
  /** What each bearer token may read; any other token is a 401. */
  readonly tokens: Readonly<Record<string, Rights>>;
  /** Sees each request before it is answered; where it gives true, it answers the request itself. */
  readonly intercept?: (request: ReceivedRequest, response: Http2ServerResponse) => boolean;
}

/** Starts a server on a free port of 127.0.0.1, which no other machine can reach. */
export async function startManagementServer(options: ManagementServerOptions): Promise<ManagementServer> {
  const { tokens, intercept, ...contents } = options;
  const cluster: ManagementCluster = {
    clusters: [],
    managements: [],
    others: [],
    kubeSystemUid: randomUUID(),
    versions: ['v1beta1'],
    ...contents,
  };
  const { key, cert } = selfSignedCertificate();
  const journal = new Journal();
  const lists = new Lists(journal);

  /** By the port of the client. */
  const connections = new Map<number | undefined, Socket>();

  async function handle(incoming: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const request = await receive(incoming);
    if (intercept?.(request, response)) return;
    const rights = rightsOf(incoming.headers.authorization, tokens);
    const answered = rights === null ? unauthorized() : answer(cluster, rights, lists, request);
    const isWatch = request.query.has('watch') && answered.code === 200;
    // The port is taken now: a response that has ended has no socket.
    const { remotePort } = incoming.socket;
    const cut = () => void connections.get(remotePort)?.destroy();
    if (isWatch) serveWatch({ journal, clusters: cluster.clusters, cut }, request, response);
    else send(answered, response);
  }

  const server = createSecureServer(
    // Those who speak HTTP/1 alone are served as they are by a real API server.
    { key, cert, allowHTTP1: true },
    // What cannot be read as a request of kubectl gets no answer.
    (incoming, response) => void handle(incoming, response).catch(() => response.destroy()),
  );
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    connections.set(remotePort, socket);
    socket.once('close', () => connections.delete(remotePort));
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: cert,
    cluster,
    lists,
    journal,
    apply: (object) => {
      const before = cluster.clusters.find((item) => isSame(item, object)) ?? null;
      const { uid, creationTimestamp } = before?.metadata ?? {
        uid: randomUUID(),
        creationTimestamp: CREATED,
      };
      const whole = { ...object, metadata: { uid, creationTimestamp, ...object.metadata } };
      const written = journal.note(before === null ? 'ADDED' : 'MODIFIED', whole, before);
      cluster.clusters = [...cluster.clusters.filter((item) => item !== before), written];
    },
    remove: (object) => {
      const before = cluster.clusters.find((item) => isSame(item, object)) ?? null;
      cluster.clusters = cluster.clusters.filter((item) => item !== before);
      journal.note('DELETED', before ?? object, before);
    },
    stop: async () => {
      for (const socket of connections.values()) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Reads a request to its end. Throws where it is larger than any that kubectl sends. */
async function receive(incoming: Http2ServerRequest): Promise<ReceivedRequest> {
  const url = new URL(incoming.url ?? '/', 'https://server');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('the request is too large');
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks).toString();
  return { method: incoming.method ?? '', path: url.pathname, query: url.searchParams, body };
}

/** Sends `answer`: objects as JSON, strings as they are. */
export function send({ code, body, headers }: Answer, response: Http2ServerResponse): void {
  const isText = typeof body === 'string';
  response.writeHead(code, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

function isSame({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

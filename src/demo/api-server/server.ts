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

/** Largest request body that is read, in bytes: kubectl sends short ones. */
const MAX_BODY = 64 * 1024;

/** Creation time of an object that does not state one. */
const CREATED = '2026-01-01T00:00:00Z';

/** A stand-in for the API of a k0rdent management cluster: HTTP/2, paging, watches, errors. */
export interface ManagementServer {
  readonly url: string;
  /** Its certificate, in PEM, for clients to trust. */
  readonly certificate: string;
  readonly cluster: ManagementCluster;
  readonly lists: Lists;
  readonly journal: Journal;
  /** Creates or changes a ClusterDeployment and notifies watches. */
  apply(object: KubeObject): void;
  /** Removes a ClusterDeployment and notifies watches. */
  remove(object: KubeObject): void;
  stop(): Promise<void>;
}

export interface ManagementServerOptions extends Partial<ManagementCluster> {
  /** What each bearer token may read; any other token is a 401. */
  readonly tokens: Readonly<Record<string, Rights>>;
  /** Called before each request is answered; if it returns true, it has answered the request itself. */
  readonly intercept?: (request: ReceivedRequest, response: Http2ServerResponse) => boolean;
}

/** Starts a server on a free port of 127.0.0.1, unreachable from other machines. */
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

  /** By client port. */
  const connections = new Map<number | undefined, Socket>();

  async function handle(incoming: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const request = await receive(incoming);
    if (intercept?.(request, response)) return;
    const rights = rightsOf(incoming.headers.authorization, tokens);
    const answered = rights === null ? unauthorized() : answer(cluster, rights, lists, request);
    const isWatch = request.query.has('watch') && answered.code === 200;
    // Read the port now: a response that has ended has no socket.
    const { remotePort } = incoming.socket;
    const cut = () => void connections.get(remotePort)?.destroy();
    if (isWatch) serveWatch({ journal, clusters: cluster.clusters, cut }, request, response);
    else send(answered, response);
  }

  const server = createSecureServer(
    // Like a real API server, also serves clients that only speak HTTP/1.
    { key, cert, allowHTTP1: true },
    // A request that kubectl would not send gets no answer.
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

/** Reads a request to its end. Throws if it is larger than any request of kubectl. */
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

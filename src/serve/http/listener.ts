import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { type ListenAddress, urlOf } from '../access/listen-address.js';
import type { ServeApp } from '../parts.js';
import type { TlsPair } from './tls-pair.js';

/** Times in ms. */
export interface ConnectionLimits {
  /** For the header of a request, from its first byte on. */
  readonly header: number;
  /** For a request with its body. */
  readonly request: number;
  /** For a pause in which the client takes nothing of its answer. */
  readonly idle: number;
  /** Between two requests. Longer than the 60 s of usual proxies, which else send into a closed connection. */
  readonly keepAlive: number;
  /** Between two checks of these. */
  readonly check: number;
  /** For answers under way when the server stops. */
  readonly drain: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  header: 10_000,
  request: 20_000,
  idle: 60_000,
  keepAlive: 65_000,
  check: 2_000,
  drain: 3_000,
};

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** Twice what the streams take at most. */
const MAX_CONNECTIONS = 1_000;

/** A server that listens. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Uses another certificate for new connections. */
  setTls(pair: TlsPair): void;
  /** Takes no more connections, and resolves once the answers under way are done, or the time for them is over. */
  close(): Promise<void>;
}

/**
 * Listens for requests. Throws EnvironmentError if the address cannot be used.
 * @param tls certificate and key; null for HTTP without encryption
 */
export async function listen(
  app: ServeApp,
  address: ListenAddress,
  tls: TlsPair | null,
  limits: ConnectionLimits,
): Promise<Listener> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.header,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: limits.check,
  };
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const secure = tls && createSecureServer({ ...options, ...tls, handshakeTimeout: limits.header }, answer);
  const server = secure ?? createServer(options, answer);
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(limits.idle);
  const port = await bound(server, address);
  return {
    url: urlOf({ ...address, port }, tls === null ? 'http' : 'https'),
    port,
    setTls: (pair) => secure?.setSecureContext(pair),
    close: () => closed(server, limits.drain),
  };
}

function bound(server: Server, { host, port }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const why = hasCode(cause, 'EADDRINUSE')
        ? 'another program listens there'
        : hasCode(cause, 'EACCES')
          ? 'you may not listen there'
          : hasCode(cause, 'EADDRNOTAVAIL')
            ? 'this machine does not have the address'
            : cause.message;
      reject(
        new EnvironmentError(`cannot listen on ${host}:${port}: ${why}`, {
          cause,
          suggestions: ['Choose another address or port: --listen HOST:PORT'],
          data: { listen: `${host}:${port}` },
        }),
      );
    });
    server.listen(port, host, () => {
      const bound = server.address();
      resolve(bound !== null && typeof bound === 'object' ? bound.port : port);
    });
  });
}

/** Stops listening; connections without a request end at once, the others after their answers or after `drain` ms. */
async function closed(server: Server, drain: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), drain);
  await done;
  clearTimeout(timer);
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { type ServerCertificate, serverCertificate } from './certificates.js';
import { httpBackend } from './http-backend.js';

/** How the server misbehaves: a status, or an end that no git server should have. */
export type HttpFault = 401 | 403 | 404 | 413 | 500 | 502 | 503 | 'archived' | 'hang' | 'garbage' | 'cut';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
}

/** A git server over HTTPS: TLS, basic authentication, `git http-backend`. */
export interface GitHttpsServer {
  readonly host: string;
  /** Of the repository that it was started with. */
  readonly url: string;
  readonly authority: string;
  readonly requests: readonly SeenRequest[];
  /** Passwords that it accepts, with the user name that each needs; null: any name. */
  readonly tokens: Map<string, string | null>;
  /** From now on; `at` narrows it to requests whose URL has this text. */
  fail(fault: HttpFault | null, at?: string): void;
  stop(): Promise<void>;
}

/** What the client said who it is, of `Authorization: Basic`. */
function credentialsOf({ headers }: IncomingMessage): [user: string, password: string] {
  const text = Buffer.from(headers.authorization?.replace(/^Basic /i, '') ?? '', 'base64').toString('utf8');
  const cut = text.indexOf(':');
  return [text.slice(0, Math.max(cut, 0)), text.slice(cut + 1)];
}

function commit(fault: HttpFault, response: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'garbage') response.end('<html>Please log in to the network</html>');
  else if (fault === 'archived') {
    response.writeHead(403, { 'Content-Type': 'text/plain' });
    response.end('This repository was archived so it is read-only.\n');
  } else if (fault === 'cut') {
    response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' });
    response.write('00');
    setTimeout(() => response.destroy(), 50);
  } else {
    const challenge = fault === 401 ? { 'WWW-Authenticate': 'Basic realm="git"' } : {};
    response.writeHead(fault, challenge).end();
  }
}

/** Serves the folder that the bare repository `path` lies in, on a free port of 127.0.0.1; `api` answers below `/api/`. */
export async function startGitHttpsServer(
  path: string,
  certificate: ServerCertificate = serverCertificate(),
  api?: RequestListener,
): Promise<GitHttpsServer> {
  const requests: SeenRequest[] = [];
  const tokens = new Map<string, string | null>([['right-token', null]]);
  let fault: { kind: HttpFault; at: string } | null = null;
  const server = createServer(certificate, (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, authorization: headers.authorization ?? null });
    if (api && url.startsWith('/api/')) return api(request, response);
    if (fault && url.includes(fault.at)) return commit(fault.kind, response);
    const [user, password] = credentialsOf(request);
    const expected = tokens.get(password);
    const isKnown = expected === null || (expected !== undefined && expected === user);
    if (!isKnown) return commit(401, response);
    return httpBackend(dirname(path), user, request, response);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `https://${host}/${path.slice(dirname(path).length + 1)}`,
    authority: certificate.authority,
    requests,
    tokens,
    fail: (kind, at = '') => {
      fault = kind === null ? null : { kind, at };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

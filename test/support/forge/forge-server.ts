import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import { serverCertificate } from '../transport/certificates.js';
import { type GitHttpsServer, startGitHttpsServer } from '../transport/git-https-server.js';
import { answer, type Dialect, type Recorded } from './dialects.js';

/** What the server answers instead, once each. */
export interface Fault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Which request; any where left out. */
  readonly method?: string;
}

/** A forge: git over https, and the API of requests to merge as its maker documents it. */
export interface ForgeServer {
  readonly git: GitHttpsServer;
  /** Of the repository, as git and the forge know it. */
  readonly url: string;
  readonly proposals: Recorded[];
  /** Requests to the API: method, path, and what was sent. */
  readonly calls: {
    method: string;
    path: string;
    body: Record<string, unknown> | null;
    token: string | null;
  }[];
  readonly faults: Fault[];
  /** What a run of kgit needs to talk with it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

/** Serves `remote`, a bare repository in a folder of its own, as a forge of this kind. */
export async function startForge(remote: string, dialect: Dialect): Promise<ForgeServer> {
  const owner = basename(dirname(remote));
  const proposals: Recorded[] = [];
  const calls: ForgeServer['calls'] = [];
  const faults: Fault[] = [];
  const api = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const body = await bodyOf(request);
    const token = /^(?:Bearer|token) (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
    calls.push({ method, path: url, body, token });
    const at = faults.findIndex((fault) => fault.method === undefined || fault.method === method);
    const [fault] = at < 0 ? [] : faults.splice(at, 1);
    if (fault) return send(response, fault.status, fault.headers ?? {}, fault.body);
    if (token !== 'right-token') return send(response, 401, {}, { message: 'Bad credentials' });
    const { status, json } = answer(dialect, { method, url, body, owner, proposals });
    return send(response, status, {}, json);
  };
  const git = await startGitHttpsServer(dirname(remote), serverCertificate(), api);
  const url = `https://${git.host}/${owner}/state.git`;
  const env = {
    GIT_SSL_CAINFO: git.authority,
    NODE_EXTRA_CA_CERTS: git.authority,
    KGIT_TOKEN: 'right-token',
    KGIT_PROPOSE_FORGE: dialect,
  };
  return { git, url, proposals, calls, faults, env, stop: () => git.stop() };
}

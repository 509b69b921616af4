import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type CommentDialect = 'github' | 'gitlab' | 'forgejo';

/** A comment on the request to merge with number 7, as the server keeps it. */
export interface Comment {
  readonly id: number;
  /** Login name at GitHub and Forgejo; at GitLab the token's user is 1, and others are not. */
  readonly by: string;
  body: string;
}

/** The API of comments of three forges, each below its own path, as they document it. */
export interface CommentServer {
  readonly origin: string;
  readonly comments: Comment[];
  /** Method and path of all that was asked, in order. */
  readonly calls: string[];
  stop(): void;
}

/** Who the token of a job is, its header, and where the comments are. */
export const JOBS = {
  github: {
    by: 'github-actions[bot]',
    header: ['authorization', 'Bearer job-token'],
    all: '/github/repos/team/state/issues/7/comments',
    one: '/github/repos/team/state/issues/comments/',
    verb: 'PATCH',
  },
  gitlab: {
    by: 'token',
    header: ['private-token', 'job-token'],
    all: '/gitlab/projects/3/merge_requests/7/notes',
    one: '/gitlab/projects/3/merge_requests/7/notes/',
    verb: 'PUT',
  },
  forgejo: {
    by: 'forgejo-actions',
    header: ['authorization', 'token job-token'],
    all: '/api/v1/repos/team/state/issues/7/comments',
    one: '/api/v1/repos/team/state/issues/comments/',
    verb: 'PATCH',
  },
} as const;

function shown({ id, by, body }: Comment): unknown {
  return { id, body, user: { login: by }, author: { id: by === 'token' ? 1 : 2, username: by } };
}

/** Serves the comments of one forge. */
export async function startComments(dialect: CommentDialect): Promise<CommentServer> {
  const { by, header, all, one, verb } = JOBS[dialect];
  const comments: Comment[] = [];
  const calls: string[] = [];
  const answer = (method: string, path: string, body: string): [number, unknown] => {
    if (dialect === 'gitlab' && method === 'GET' && path === '/gitlab/user') return [200, { id: 1 }];
    if (method === 'GET' && path === all) return [200, comments.map(shown)];
    if (method === 'POST' && path === all) {
      const made = { id: 100 + comments.length, by, body };
      comments.push(made);
      return [201, shown(made)];
    }
    const found = comments.find(({ id }) => path === `${one}${id}`);
    if (method !== verb || !found) return [404, { message: 'Not Found' }];
    found.body = body;
    return [200, shown(found)];
  };
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(url, 'http://forge.example');
    calls.push(`${method} ${pathname}`);
    const sent = chunks.length === 0 ? { body: '' } : JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const isKnown = headers[header[0]] === header[1];
    const [status, json] = isKnown ? answer(method, pathname, sent.body) : [401, { message: 'no' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, comments, calls, stop };
}

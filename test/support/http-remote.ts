import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';

export interface HttpRemote {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the bare repositories beside `remote` over http by git's own CGI, with a clock of its own; `canPush` lets writes in, of `maxBody` bytes at most. */
export async function serveHttp(
  remote: string,
  options: { canPush: boolean; date?: Date; maxBody?: number },
): Promise<HttpRemote> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host');
    if (options.date) response.setHeader('Date', options.date.toUTCString());
    if (!options.canPush && /receive-pack/.test(request.url ?? '')) {
      response.writeHead(403).end();
      return;
    }
    if (options.maxBody && Number(request.headers['content-length'] ?? 0) > options.maxBody) {
      // As nginx does: the answer comes at once, and the rest of the request is read away.
      request.resume();
      response.writeHead(413).end();
      return;
    }
    const cgi = spawn('git', ['-c', 'http.receivepack=true', 'http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: dirname(remote),
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      },
    });
    request.pipe(cgi.stdin);
    const chunks: Buffer[] = [];
    cgi.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    cgi.on('close', () => {
      const answer = Buffer.concat(chunks);
      const cut = answer.indexOf('\r\n\r\n');
      for (const line of answer.toString('latin1', 0, cut).split('\r\n')) {
        const [name = '', value = ''] = line.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(answer.subarray(cut + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

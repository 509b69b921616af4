import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';
import { httpBackend } from '../transport/http-backend.js';

/** A git server over http that can drop the answer of a completed push. */
export interface CuttingServer {
  readonly url: string;
  /** From now on. */
  cut(answers: boolean): void;
  stop(): Promise<void>;
}

/** Drops git's answer and resolves when git is done. */
function nobody(done: () => void): ServerResponse {
  const sink = { headersSent: false, writeHead: () => undefined, write: () => true, end: done };
  return sink as unknown as ServerResponse;
}

/** Serves the bare repository `remote` on a free port of 127.0.0.1. */
export async function startCuttingServer(remote: string): Promise<CuttingServer> {
  const root = dirname(remote);
  let isCutting = false;
  const server = createServer((request, response) => {
    const isPush = request.method === 'POST' && request.url?.endsWith('/git-receive-pack') === true;
    if (isPush && isCutting)
      httpBackend(
        root,
        'writer',
        request,
        nobody(() => response.destroy()),
      );
    else httpBackend(root, 'writer', request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${basename(remote)}`,
    cut: (answers) => {
      isCutting = answers;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Runs `git http-backend` on loopback for a figure: `node git-server.mjs ROOT COUNTS`. Prints its port; the figure reads COUNTS. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { httpBackend } from '../test/support/transport/http-backend.js';

const [root = '', counts = ''] = process.argv.slice(2);
/** Bytes of each connection that are written down already: received, sent. */
const told = new WeakMap<Socket, readonly [number, number]>();
const server = createServer((request, response) => {
  const { socket } = request;
  const end = response.end.bind(response);
  // Written down before the client learns that the answer is over.
  response.end = () => {
    const [received, sent] = told.get(socket) ?? [0, 0];
    told.set(socket, [socket.bytesRead, socket.bytesWritten]);
    appendFileSync(counts, `${socket.bytesRead - received} ${socket.bytesWritten - sent}\n`);
    return end();
  };
  httpBackend(root, 'bench', request, response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${port}\n`);
});

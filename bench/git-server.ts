/**
 * Runs `git http-backend` on loopback for a figure: `node git-server.mjs ROOT COUNTS LATENCY`. Prints its port; the figure reads
 * COUNTS. As if the server were far away, a request waits for one round trip of LATENCY ms, and the first of a connection for
 * two: TCP takes one to connect.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpBackend } from '../test/support/transport/http-backend.js';

const [root = '', counts = '', latency = '0'] = process.argv.slice(2);
/** Bytes of each connection that are written down already: received, sent. */
const told = new WeakMap<Socket, readonly [number, number]>();
const connected = new WeakSet<Socket>();

/** Ms that a request takes to come and its answer to go. */
function travel(socket: Socket): number {
  const trips = connected.has(socket) ? 1 : 2;
  connected.add(socket);
  return trips * Number(latency);
}

const server = createServer(async (request, response) => {
  const { socket } = request;
  const ms = travel(socket);
  if (ms > 0) await sleep(ms);
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

import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A server that is no git server. */
export interface BadServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function serve(server: Server, scheme: string): Promise<BadServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/state.git`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

const page = () =>
  createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Sign in</h1></html>\n');
  });
const random = () =>
  createHttpServer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' })
      .end(randomBytes(4096));
  });

/** Remotes that cannot be talked to. */
export const SERVERS: Readonly<Record<string, () => Promise<BadServer>>> = {
  refusing: async () => ({ url: 'http://127.0.0.1:1/state.git', stop: async () => undefined }),
  hanging: () => serve(createServer(), 'http'),
  mute: () => serve(createServer(), 'git'),
  page: () => serve(page(), 'http'),
  random: () => serve(random(), 'http'),
  noise: () =>
    serve(
      createServer((socket) => socket.end(randomBytes(4096))),
      'git',
    ),
  missing: async () => ({ url: '/nowhere/state.git', stop: async () => undefined }),
};

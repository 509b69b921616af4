import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy for http and https, as those of company networks. */
export interface HttpProxy {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** What was asked for: `CONNECT host:port`, or method and URL. */
  readonly asked: readonly string[];
  /** All headers that it has read. */
  readonly headers: readonly string[];
  /** From now on, the user and password that it asks for; null: everybody is let through. */
  demand(login: string | null): void;
  stop(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startHttpProxy(): Promise<HttpProxy> {
  const asked: string[] = [];
  const headers: string[] = [];
  const sockets = new Set<Socket>();
  let demanded: string | null = null;
  const isLetThrough = (request: IncomingMessage): boolean => {
    headers.push(...request.rawHeaders);
    const expected = demanded && `Basic ${Buffer.from(demanded).toString('base64')}`;
    return expected === null || request.headers['proxy-authorization'] === expected;
  };
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '' } = request;
    asked.push(`${method} ${url}`);
    if (!isLetThrough(request)) {
      response.writeHead(407).end();
      return;
    }
    const { 'proxy-authorization': _own, ...rest } = request.headers;
    const onward = httpRequest(url, { ...(method ? { method } : {}), headers: rest }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server = createServer(pass).on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on('error', () => socket.destroy());
    if (!isLetThrough(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [, name = '', port = ''] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    const onward = connect(Number(port), name, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    headers,
    demand: (login) => {
      demanded = login;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

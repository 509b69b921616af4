import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as a receiver got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request; the receiver has noted it by then. */
export type Answer = (response: ServerResponse, received: Received, count: number) => void;

/** A receiver of notifications on this machine. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  answer: Answer;
}

export const says =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** Cuts the connection without an answer. */
export const cuts: Answer = (response) => void response.socket?.destroy();

/** Never answers. */
export const hangs: Answer = () => undefined;

/** The n-th answer to the n-th request, the last one to all further ones. */
export const inTurn =
  (...answers: readonly [Answer, ...Answer[]]): Answer =>
  (response, received, count) =>
    (answers[count - 1] ?? answers.at(-1) ?? answers[0])(response, received, count);

/** Starts a receiver that ends with the test. */
export async function startReceiver(answer: Answer = says(200, {}, 'ok')): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      receiver.answer(response, one, received.length);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const receiver = { url: `http://127.0.0.1:${port}/hook/T0/secret-part`, received, answer };
  return receiver;
}

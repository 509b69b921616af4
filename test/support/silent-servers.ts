import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface SilentServer {
  readonly url: string;
  stop(): Promise<void>;
}

async function started(server: Server): Promise<SilentServer> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/state.git`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A server that accepts every connection and never answers. */
export function neverAnswers(): Promise<SilentServer> {
  return started(createServer());
}

const TRICKLE_MS = 200;

/** A git server whose list of refs arrives byte by byte and never ends. */
export function trickles(): Promise<SilentServer> {
  const server = createHttpServer((request, response) => {
    const service = new URL(request.url ?? '/', 'http://h').searchParams.get('service');
    response.writeHead(200, { 'content-type': `application/x-${service}-advertisement` });
    const line = `# service=${service}\n`;
    response.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`);
    const more = setInterval(() => response.write('0'), TRICKLE_MS);
    response.on('close', () => clearInterval(more));
  });
  return started(server);
}

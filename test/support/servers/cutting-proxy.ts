import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut between a request and its answer. */
export interface CuttingProxy {
  readonly port: number;
  /** From now on, requests get through and answers do not. */
  holdAnswers(): void;
  /** Breaks off all connections. New ones get through whole. */
  cut(): void;
  stop(): Promise<void>;
}

/** Stands between clients and a port of this machine. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let holds = false;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (!holds) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    holds = false;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    holdAnswers: () => {
      holds = true;
    },
    cut,
    stop: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

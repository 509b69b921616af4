import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut before or after it carries out a request. */
export interface CuttingProxy {
  readonly port: number;
  /**
   * Waits for the first request that matches. From then on no answer gets back, or, with `request`, not even requests
   * get through.
   */
  hold(what: 'request' | 'answer', matching?: RegExp): Promise<void>;
  /** Breaks off all connections. New ones get through whole. */
  cut(): void;
  stop(): Promise<void>;
}

interface Hold {
  readonly what: 'request' | 'answer';
  readonly matching: RegExp;
  readonly met: () => void;
  isMet: boolean;
}

/** Stands between clients and a port of this machine. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let hold: Hold | null = null;
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
    client.on('data', (chunk: Buffer) => {
      if (hold && !hold.isMet && hold.matching.test(chunk.toString('latin1'))) {
        hold.isMet = true;
        hold.met();
      }
      if (hold?.isMet !== true || hold.what === 'answer') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (hold?.isMet !== true) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    hold = null;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    hold: (what, matching = /(?:)/) =>
      new Promise((met) => {
        hold = { what, matching, met, isMet: false };
      }),
    cut,
    stop: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

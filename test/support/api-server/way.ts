import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy to a server that can break connections, go silent, and be unreachable, on the same port. */
export interface Way {
  readonly port: number;
  /** Breaks all connections. */
  cut(): void;
  /** Lets nothing through, in either direction; connections stay open. */
  hang(): void;
  /** Breaks all connections, and takes no others. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** Opens a way to a port of this machine. */
export async function startWay(target: number): Promise<Way> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    const other = connect(target, '127.0.0.1');
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => two.destroy());
      one.on('close', () => {
        sockets.delete(one);
        two.destroy();
      });
      one.pipe(two);
    }
  });
  const listen = (port: number) =>
    new Promise<void>((listening) => listener.listen(port, '127.0.0.1', listening));
  await listen(0);
  const { port } = listener.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    cut,
    hang: () => {
      for (const socket of sockets) socket.unpipe();
    },
    down: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      cut();
      await closed;
    },
    up: () => listen(port),
  };
}

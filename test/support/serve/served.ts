import { connect, type Socket } from 'node:net';
import type { RunningServer, ServeOptions } from '../../../src/serve/server.js';
import { serveRepository } from '../../../src/serve/server.js';
import { temporaryFolder } from '../git-fixtures.js';
import { type MemoryMonitor, memoryMonitor } from './memory-monitor.js';

/** A server on a free port of this machine. */
export interface Served extends RunningServer {
  readonly port: number;
  readonly monitor: MemoryMonitor;
  readonly notes: string[];
  readonly faults: Error[];
}

export async function served(more: Partial<ServeOptions> = {}): Promise<Served> {
  const monitor = await memoryMonitor();
  const [notes, faults]: [string[], Error[]] = [[], []];
  const server = await serveRepository({
    version: '0.0.0-test',
    now: () => Date.now(),
    pageFolder: temporaryFolder(),
    onFault: (error) => faults.push(error),
    listen: { host: '127.0.0.1', port: 0 },
    access: { proxyHeader: null, allowedHosts: [] },
    files: { token: null, hookSecret: null, tls: null },
    note: (message) => notes.push(message),
    ...more,
    monitor,
  });
  return { ...server, port: Number(new URL(server.url).port), monitor, notes, faults };
}

/** A connection on which a test writes whatever it likes. */
export interface RawClient {
  readonly socket: Socket;
  /** What the server has sent. */
  readonly text: () => string;
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<string>;
}

/** Connects and writes a text. */
export function raw(port: number, text: string): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text);
      resolve({ socket, text: () => received, closed });
    });
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', reject);
    const closed = new Promise<string>((end) => socket.on('close', () => end(received)));
  });
}

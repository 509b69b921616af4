import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { freePort, type ServerProcess, startProcess } from './server-process.js';

/** A real Redis or Valkey on the loopback, with data of its own. */
export interface RedisServer extends ServerProcess {
  readonly port: number;
  /** Where its data lies. */
  readonly folder: string;
  /** Sends a line as the default user, without TLS, and returns the answer as it is. */
  ask(line: string): Promise<string>;
}

/** Settings that are safe: as the documentation recommends them. */
export const SAFE = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];

export interface RedisServerOptions {
  readonly args?: readonly string[];
  /** More lines of the configuration, such as of users. */
  readonly config?: string;
  /** The program to start. */
  readonly program?: string;
  /** TLS instead of plain text. */
  readonly isTls?: boolean;
  /** Another sign that it serves. */
  readonly ready?: RegExp;
}

async function asked(port: number, lines: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${lines}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString('utf8');
}

/** Starts a server. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { args = SAFE, config = '', program = 'redis-server', isTls = false } = options;
  const folder = temporaryFolder('kgit-redis-');
  const port = await freePort();
  const ports = isTls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  writeFileSync(join(folder, 'redis.conf'), `${config}\n`);
  const server = await startProcess({
    program,
    args: [join(folder, 'redis.conf'), '--bind', '127.0.0.1', '--dir', folder, ...ports, ...args],
    cwd: folder,
    from: 'Debian: redis-server',
    ready: options.ready ?? /Ready to accept connections/,
  });
  return { ...server, port, folder, ask: (line) => asked(port, line) };
}

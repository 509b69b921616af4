import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startConsul } from '../test/support/servers/consul-server.js';
import { startEtcd } from '../test/support/servers/etcd-server.js';
import { startRedis } from '../test/support/servers/redis-server.js';
import type { ServerProcess } from '../test/support/servers/server-process.js';
import { madeRepository, progress, type Surroundings, serverOf } from './surroundings.js';

/** A store of a back end, empty but for a deployment, on this machine. */
export interface BackendPlace {
  readonly name: string;
  /** As `--repo` takes it. */
  readonly address: string;
  /** Where its data is. */
  readonly folder: string;
  /** Id of its server's process; null without a server. */
  readonly pid: number | null;
}

const REDIS = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];

function consulProgram({ project }: Surroundings): string | null {
  try {
    const script = join(project, 'test/support/servers/consul/install.sh');
    return execFileSync(script, ['--if-built'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // It was not built here.
    return null;
  }
}

/** Runs `work` with a fresh store on each back end; git is the first. */
export async function withBackends<T>(
  surroundings: Surroundings,
  names: readonly string[],
  work: (places: readonly BackendPlace[]) => Promise<T>,
): Promise<T> {
  const servers: ServerProcess[] = [];
  const served = <S extends ServerProcess>(server: S): S => {
    servers.push(server);
    return server;
  };
  const onServer = (
    name: string,
    scheme: string,
    server: ServerProcess & { port: number },
  ): BackendPlace => ({
    ...{ name, address: `${scheme}://127.0.0.1:${server.port}#bench` },
    ...{ folder: server.folder, pid: server.pid() },
  });
  const local = (name: string, path: string): BackendPlace => ({
    ...{ name, address: `${name}:${path}`, folder: join(path, '..'), pid: null },
  });
  const MAKERS: Readonly<Record<string, () => Promise<BackendPlace | null>>> = {
    git: async () => {
      const folder = serverOf(surroundings, madeRepository(surroundings.project, 100, 100), 'server.git');
      return { name: 'git', address: `file://${folder}`, folder, pid: null };
    },
    file: async () => local('file', join(surroundings.folder('files'), 'state')),
    sqlite: async () => local('sqlite', join(surroundings.folder('sqlite'), 'state.db')),
    redis: async () => onServer('redis', 'redis', served(await startRedis({ args: REDIS }))),
    etcd: async () => onServer('etcd', 'etcd', served(await startEtcd())),
    consul: async () => {
      const program = consulProgram(surroundings);
      return program === null ? null : onServer('consul', 'consul', served(await startConsul({}, program)));
    },
  };
  try {
    const places: BackendPlace[] = [];
    for (const name of names) {
      const place = await MAKERS[name]?.();
      if (!place) {
        progress(`${name}: not built here`);
        continue;
      }
      if (name !== 'git') callKgit(surroundings, place, 'init', '--deployment', 'd');
      callKgit(surroundings, place, 'set', 'deployment.phase=bench', '--deployment', 'd', '--create');
      places.push(place);
    }
    return await work(places);
  } finally {
    for (const server of servers) await server.kill();
  }
}

/** The environment of a program on a store; each number has an outbox of its own, as another machine has. */
export function clientEnv(surroundings: Surroundings, { name, address }: BackendPlace, number = 0) {
  const own = (kind: string) => surroundings.folder(`clients/${name}-${number}/${kind}`);
  return surroundings.env({
    KGIT_REPO: address,
    KGIT_USER: 'bench',
    XDG_STATE_HOME: own('state'),
    XDG_CACHE_HOME: own('cache'),
  });
}

function callKgit(surroundings: Surroundings, place: BackendPlace, ...args: string[]): void {
  const [node, ...rest] = surroundings.kgit(process.execPath, ...args);
  execFileSync(node, rest, {
    cwd: surroundings.root,
    env: clientEnv(surroundings, place),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What a client of the library does: so many calls of a kind. */
export interface Work {
  readonly mode: 'write' | 'read' | 'bulk';
  readonly count: number;
  /** For `bulk`: how many events a call adds. */
  readonly each?: number;
}

/** Runs clients at the same time, once all are ready. Returns the time of each call, and of all, in ms. */
export async function runClients(
  surroundings: Surroundings,
  place: BackendPlace,
  { mode, count, each }: Work,
  clients = 1,
): Promise<{ readonly calls: readonly number[]; readonly ms: number }> {
  const script = join(surroundings.project, 'bench/backend-client.mjs');
  const library = join(surroundings.project, 'dist/library.js');
  const started = Array.from({ length: clients }, (_, number) => {
    const args = [script, library, mode, String(count), String(each ?? number)];
    const child = spawn(process.execPath, args, {
      cwd: surroundings.root,
      env: clientEnv(surroundings, place, number),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    return { child, ended, ready: once(child.stdout, 'data'), output: () => output };
  });
  await Promise.all(started.map(({ ready }) => ready));
  const began = performance.now();
  for (const { child } of started) child.stdin.end('go\n');
  await Promise.all(started.map(({ ended }) => ended));
  const ms = performance.now() - began;
  const calls = started.flatMap(({ output }) => JSON.parse(output().replace(/^ready\n/, '')) as number[]);
  if (calls.length !== clients * count) throw new Error(`${place.name}: a client failed`);
  return { calls, ms };
}

/** Bytes on disk below a folder, in MB, by the sizes of the files. */
export function diskMb(folder: string): number {
  const [kib = '0'] = execFileSync('du', ['-sk', '--apparent-size', folder], { encoding: 'utf8' }).split(
    '\t',
  );
  return Number(kib) / 1024;
}

/** Resident memory of a process, in MB. */
export function memoryMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  const kib = existsSync(file) ? /VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] : '0';
  return Number(kib) / 1024;
}

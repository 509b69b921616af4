import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { freePort, type ServerProcess, startProcess } from './server-process.js';

/** A real etcd on the loopback, with data of its own. */
export interface EtcdServer extends ServerProcess {
  readonly port: number;
  /** Runs etcdctl against it. */
  control(...args: string[]): string;
}

/** One member of a cluster: its name, its port for the others, and all members. */
interface Member {
  readonly name: string;
  readonly peer: number;
  readonly cluster: string;
}

const peerUrl = (peer: number) => `http://127.0.0.1:${peer}`;

async function startMember(
  { name, peer, cluster }: Member,
  args: readonly string[] = [],
  tls: readonly string[] = [],
): Promise<EtcdServer> {
  const folder = temporaryFolder('kgit-etcd-');
  const port = await freePort();
  const url = `${tls.length > 0 ? 'https' : 'http'}://127.0.0.1:${port}`;
  const server = await startProcess({
    program: 'etcd',
    args: [
      ...['--data-dir', join(folder, 'data'), '--name', name, '--logger', 'zap'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peerUrl(peer), '--initial-advertise-peer-urls', peerUrl(peer)],
      ...['--initial-cluster', cluster, ...args, ...tls],
    ],
    cwd: folder,
    from: 'Debian: etcd-server',
    ready: /serving (insecure )?client (requests|traffic)/,
  });
  return {
    ...server,
    port,
    control: (...command) =>
      execFileSync('etcdctl', ['--endpoints', `127.0.0.1:${port}`, ...command], {
        env: { PATH: process.env['PATH'], ETCDCTL_API: '3' },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

/** Starts a cluster of one. */
export async function startEtcd(
  args: readonly string[] = [],
  tls: readonly string[] = [],
): Promise<EtcdServer> {
  const peer = await freePort();
  return startMember({ name: 'one', peer, cluster: `one=${peerUrl(peer)}` }, args, tls);
}

/** Starts a cluster of two, of which neither can do without the other. */
export async function startEtcdPair(): Promise<[EtcdServer, EtcdServer]> {
  const [first, second] = [await freePort(), await freePort()];
  const cluster = `one=${peerUrl(first)},two=${peerUrl(second)}`;
  return Promise.all([
    startMember({ name: 'one', peer: first, cluster }),
    startMember({ name: 'two', peer: second, cluster }),
  ]);
}

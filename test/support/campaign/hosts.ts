import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { temporaryFolder } from '../git-fixtures.js';
import { until } from '../patience.js';
import { startSshServer } from '../transport/ssh-server.js';

const HTTP_PORT = 8080;
/** How long one try to connect may take, in ms. */
const CONNECT_MS = 1_000;
const WRITERS = [1, 2] as const;

/** Three machines: a server with git over ssh and http, and two writers, each with its own wire to the server. */
export interface Hosts {
  /** The addresses of a repository: by ssh for the first writer, by http for the second. */
  readonly urls: readonly [string, string];
  /** The program that runs commands on a writer, and its environment. */
  readonly writers: readonly { readonly under: readonly string[]; readonly env: Record<string, string> }[];
  /** Pulls the wire of a writer, or restores it and waits until the server is reachable. */
  wire(writer: number, isUp: boolean): Promise<void>;
  /** Ends all servers and removes the machines. */
  stop(): Promise<void>;
}

function ip(...args: string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error('Three hosts need root, network namespaces and ip (Debian: iproute2)', { cause });
  }
}

const run = (host: string) => ['ip', 'netns', 'exec', host];

/** Whether a host can connect to an address. */
function reaches(host: string, address: URL): Promise<boolean> {
  const [command = '', ...before] = run(host);
  const connect = ['bash', '-c', `exec 3<>/dev/tcp/${address.hostname}/${address.port}`];
  return new Promise((tell) => {
    execFile(command, [...before, ...connect], { timeout: CONNECT_MS }, (error) => tell(error === null));
  });
}

async function serveHttp(server: string, root: string): Promise<ChildProcess> {
  const program = join(temporaryFolder('kgit-http-'), 'serve-http.mjs');
  const source = fileURLToPath(new URL('serve-http.ts', import.meta.url));
  await build({ entryPoints: [source], outfile: program, bundle: true, format: 'esm', platform: 'node' });
  const [command = '', ...before] = run(server);
  const args = [...before, process.execPath, program, root, '0.0.0.0', String(HTTP_PORT)];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((listening, failed) => {
    child.stdout.once('data', () => listening());
    child.once('exit', (code) => failed(new Error(`the http server ended with ${code}`)));
  });
  return child;
}

/** Makes the machines as network namespaces; they serve the repository `remote`, which lies in the folder `root`. */
export async function startHosts(root: string, remote: string): Promise<Hosts> {
  const [server, ...writers] = ['s', '1', '2'].map((name) => `kgit-${process.pid}-${name}`) as [
    string,
    ...string[],
  ];
  const made: string[] = [];
  const servers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of servers.splice(0)) await end();
    for (const host of made.splice(0)) ip('netns', 'del', host);
  };
  try {
    for (const host of [server, ...writers]) {
      ip('netns', 'add', host);
      made.push(host);
      ip('-n', host, 'link', 'set', 'lo', 'up');
    }
    for (const number of WRITERS) {
      const host = writers[number - 1] as string;
      const wire = `wire${number}`;
      ip('link', 'add', wire, 'netns', server, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
      ip('-n', server, 'address', 'add', `10.77.${number}.1/24`, 'dev', wire);
      ip('-n', host, 'address', 'add', `10.77.${number}.2/24`, 'dev', 'eth0');
      ip('-n', server, 'link', 'set', wire, 'up');
      ip('-n', host, 'link', 'set', 'eth0', 'up');
    }
    const ssh = await startSshServer('10.77.1.1', run(server));
    servers.push(() => ssh.stop());
    const http = await serveHttp(server, root);
    servers.push(async () => {
      const ended = new Promise((done) => http.once('exit', done));
      http.kill();
      await ended;
    });
    const name = remote.slice(root.length + 1);
    const urls = [ssh.url(remote), `http://10.77.2.1:${HTTP_PORT}/${name}`] as const;
    return {
      urls,
      writers: [
        { under: run(writers[0] as string), env: { GIT_SSH_COMMAND: ssh.command() } },
        { under: run(writers[1] as string), env: {} },
      ],
      wire: async (writer, isUp) => {
        ip('-n', server, 'link', 'set', `wire${writer + 1}`, isUp ? 'up' : 'down');
        const [host = '', url = ''] = [writers[writer], urls[writer]];
        // The link comes up some time after its set-up; until then there is no route to the server.
        if (isUp) await until(() => reaches(host, new URL(url)));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

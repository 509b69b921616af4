import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

const SSHD = '/usr/sbin/sshd';
const START_MS = 120_000;

/** A real sshd with a host key and a client key of its own. */
export interface SshServer {
  readonly port: number;
  /** Paths of the key that it knows, and of a file with its host key. */
  readonly clientKey: string;
  readonly knownHosts: string;
  /** The ssh:// URL of a repository's path. */
  url(path: string): string;
  /** An ssh command line that knows the host and has the right key; the parts can be left out or changed. */
  command(change?: { key?: string; knownHosts?: string; options?: string }): string;
  /** A new key pair that the server does not know. */
  strangersKey(): string;
  /** A known_hosts file with another key for this host. */
  changedHosts(): string;
  /** An empty known_hosts file. */
  noHosts(): string;
  stop(): Promise<void>;
}

function keygen(path: string): string {
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path], { stdio: 'pipe' });
  } catch (cause) {
    throw new Error('The tests of transports need ssh (Debian: openssh-client)', { cause });
  }
  return path;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

async function listening(child: ChildProcess, log: () => string): Promise<void> {
  const end = Date.now() + START_MS;
  while (!log().includes('Server listening')) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`sshd did not start: ${log()}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Starts sshd for the user who runs the tests; `under` is what runs it on another host, which has this address. */
export async function startSshServer(
  address = '127.0.0.1',
  under: readonly string[] = [],
): Promise<SshServer> {
  if (!existsSync(SSHD)) throw new Error(`The tests of transports need ${SSHD} (Debian: openssh-server)`);
  const folder = temporaryFolder('kgit-sshd-');
  const hostKey = keygen(join(folder, 'host_key'));
  const clientKey = keygen(join(folder, 'client_key'));
  const publicKey = (path: string) => readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(join(folder, 'authorized_keys'), `${publicKey(clientKey)}\n`, { mode: 0o600 });
  const port = await freePort();
  const config = [
    `ListenAddress ${address}:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    // The temporary folder is open to all, which sshd would not have.
    'StrictModes no',
    'AcceptEnv GIT_PROTOCOL',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  // Where root runs it, sshd gives its worker this folder for a root.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const [command = SSHD, ...before] = [...under, SSHD];
  const child = spawn(command, [...before, '-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  await listening(child, () => log);
  const hosts = (name: string, ...lines: string[]) => {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => `[${address}]:${port} ${line}\n`).join(''));
    return path;
  };
  const known = hosts('known_hosts', publicKey(hostKey));
  let keys = 0;
  const strangersKey = () => {
    keys += 1;
    return keygen(join(folder, `stranger-${keys}`));
  };
  return {
    port,
    clientKey,
    knownHosts: known,
    url: (path) => `ssh://${userInfo().username}@${address}:${port}${path}`,
    command: ({ key = clientKey, knownHosts = known, options = '' } = {}) =>
      `ssh -F none -i ${key} -o IdentitiesOnly=yes -o UserKnownHostsFile=${knownHosts} ${options}`.trim(),
    strangersKey,
    changedHosts: () => hosts('changed_hosts', publicKey(strangersKey())),
    noHosts: () => hosts('no_hosts'),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill();
      await ended;
    },
  };
}

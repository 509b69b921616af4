import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../patience.js';
import type { GitHttpsServer, HttpFault } from '../transport/git-https-server.js';
import type { Fleet } from './fleet.js';
import type { Random } from './random.js';

/** Starts a fault and returns what ends it. */
type Strike = (fleet: Fleet, server: GitHttpsServer, random: Random) => () => void;

/** A hook of the server's, which runs within git-receive-pack. */
const hook =
  (name: string, script: string): Strike =>
  ({ remote }) => {
    const path = join(remote, 'hooks', name);
    writeFileSync(`${path}.new`, `#!/bin/sh\n${script}\n`);
    chmodSync(`${path}.new`, 0o755);
    renameSync(`${path}.new`, path);
    return () => rmSync(path);
  };

/** Leaves a lock file as a dead git does, unless a live git has it. */
function lockFile(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, '', { flag: 'wx' });
  } catch {
    return () => undefined;
  }
  return () => rmSync(path, { force: true });
}

const answer =
  (fault: HttpFault, at: string): Strike =>
  (_fleet, server) => {
    server.fail(fault, at);
    return () => server.fail(null);
  };

const lockedClone =
  (name: string): Strike =>
  ({ clones }, _server, random) =>
    lockFile(join(random.pick(clones), '.git', name));

const FAULTS: Readonly<Record<string, Strike>> = {
  'dies before the branch moves': hook('pre-receive', 'kill -9 $PPID'),
  'dies after the branch moved': hook('post-receive', 'kill -9 $PPID'),
  'is slow': hook('pre-receive', 'sleep 1'),
  hangs: hook('pre-receive', 'while [ -e hooks/pre-receive ]; do sleep 0.1; done'),
  'refuses by a hook': hook('pre-receive', 'echo not today; exit 1'),
  'has a stale lock of the branch': ({ remote }) => lockFile(join(remote, 'refs/heads/main.lock')),
  'has a clone with a stale lock of its index': lockedClone('index.lock'),
  'has a clone with a stale lock of its branch': lockedClone('refs/heads/main.lock'),
  'has a clone with a stale lock of what it tracks': lockedClone('refs/kgit/remote/main.lock'),
  'is moved away': ({ remote }) => {
    renameSync(remote, `${remote}.away`);
    return () => renameSync(`${remote}.away`, remote);
  },
  ...Object.fromEntries(
    ([401, 403, 404, 500, 502, 503, 'cut', 'garbage', 'hang'] as const).flatMap((fault) => [
      [`answers ${fault} to a push`, answer(fault, 'git-receive-pack')],
      [`answers ${fault} to a fetch`, answer(fault, 'git-upload-pack')],
    ]),
  ),
};

/** Whether a process works in a folder, such as a server's git during a push. */
function isBusy(folder: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    });
}

/**
 * Has faults strike, one after another, each for up to `longestMs`, until the work is done; what struck. Each strikes once
 * before any does again.
 */
export async function inStorm<T>(
  fleet: Fleet,
  server: GitHttpsServer,
  random: Random,
  longestMs: number,
  work: Promise<T>,
): Promise<{ result: T; struck: string[] }> {
  const struck: string[] = [];
  const done = work.finally(() => {
    isOver = true;
  });
  let isOver = false;
  let left: string[] = [];
  while (!isOver) {
    if (left.length === 0) left = Object.keys(FAULTS);
    const [name = ''] = left.splice(random.below(left.length), 1);
    const lift = (FAULTS[name] as Strike)(fleet, server, random);
    struck.push(name);
    await Promise.race([done, sleep(random.next() * longestMs)]);
    lift();
    // So that some calls succeed.
    await Promise.race([done, sleep((random.next() * longestMs) / 2)]);
  }
  const result = await done;
  await until(() => existsSync(fleet.remote) && !isBusy(fleet.remote));
  return { result, struck };
}

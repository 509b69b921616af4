import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cloneOf } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import { HANG_S, until } from '../../support/patience.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

const LOCK = ['lock', 'network', '--ttl', '8s'];
const sh = (script: string) => ['--', 'sh', '-c', script];
const started: number[] = [];

function clones(): { one: string; two: string } {
  const remote = sharedState();
  return { one: cloneOf(remote), two: cloneOf(remote) };
}

/** Takes the lock away from who has it. */
const breakIt = (path: string) => kgitJson(path, ['unlock', 'network', '--force', '--reason', 'test']);

/** Waits for a process id that a command of the test wrote into a file. */
async function pidIn(path: string): Promise<number> {
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
  const pid = Number(readFileSync(path, 'utf8'));
  started.push(pid);
  return pid;
}

/** Whether a process runs; one that nobody has waited for yet does not. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

afterAll(() => {
  for (const pid of started.splice(0)) if (runs(pid)) process.kill(pid, 'SIGKILL');
});

const HANG = `exec sleep ${HANG_S}`;
const STUBBORN = `trap "" TERM; while :; do sleep 0.1; done`;
/** `$1` names the file of the process id, `$2` is what it does; written so that the id is there whole. */
const background = (file: string, work: string, how = '') =>
  `${how} sh -c 'echo $$ > ${file}.tmp; mv ${file}.tmp ${file}; ${work.replaceAll("'", "'\\''")}' &`;

// Each waits for a renewal, so they wait side by side.
describe.concurrent('a lost lease ends all that the command started', () => {
  it.each([
    ['children in the background', `${background('child', HANG)} wait`],
    ['grandchildren', `sh -c '${background('child', HANG).replaceAll("'", "'\\''")} wait'`],
    [
      'what has a process group of its own, as of timeout(1)',
      `timeout ${HANG_S} ${background('child', HANG).slice(1, -1)}`,
    ],
    ['what has a session of its own', `${background('child', HANG, 'setsid')} wait`],
    ['what was left behind by a parent that has ended', `( ${background('child', HANG)} ); wait; ${HANG}`],
  ])('%s', async (_what, script) => {
    const { one, two } = clones();
    const run = kgit(one, [...LOCK, '--json', ...sh(script)]);
    const child = await pidIn(join(one, 'child'));
    await breakIt(two);
    const error = expectFailure(await run, 'FENCED', 13);
    expect(error.data).toMatchObject({ exitCode: 143, signal: 'SIGTERM' });
    expect(runs(child)).toBe(false);
  });

  it('by force where it does not listen, also when the command itself ended at once', async () => {
    const { one, two } = clones();
    const run = kgit(one, [...LOCK, '--json', ...sh(`${background('child', STUBBORN)} ${HANG}`)]);
    const child = await pidIn(join(one, 'child'));
    await breakIt(two);
    const began = Date.now();
    expect(expectFailure(await run, 'FENCED', 13).data).toMatchObject({ signal: 'SIGTERM' });
    expect(Date.now() - began).toBeGreaterThan(9_000);
    expect(runs(child)).toBe(false);
  });

  it('and of kgit run --lock', async () => {
    const { one, two } = clones();
    await kgitJson(one, ['lock', 'network', '--ttl', '8s']);
    const args = ['run', 'deploy', '--cluster', 'prod', '--lock', 'network'];
    const run = kgit(one, [...args, ...sh(`${background('child', HANG, 'setsid')} wait`)]);
    const child = await pidIn(join(one, 'child'));
    await breakIt(two);
    expect((await run).code).toBe(13);
    expect(runs(child)).toBe(false);
  });

  it('and nothing else: neither who started kgit nor what runs beside it', async () => {
    const { one, two } = clones();
    const script = `${background('beside', HANG)}
"${process.execPath}" "${PROGRAM}" ${LOCK.join(' ')} -- sh -c '${background('child', HANG).replaceAll("'", "'\\''")} wait'
echo "ended with $?" > after`;
    writeFileSync(join(one, 'caller'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(one, 'caller'), 0o755);
    const caller = spawn('./caller', { cwd: one, stdio: 'ignore' });
    const ended = new Promise((resolve) => caller.on('exit', resolve));
    const beside = await pidIn(join(one, 'beside'));
    const child = await pidIn(join(one, 'child'));
    await breakIt(two);
    await ended;
    expect(readFileSync(join(one, 'after'), 'utf8')).toBe('ended with 13\n');
    expect([runs(child), runs(beside)]).toEqual([false, true]);
  });
});

describe.concurrent('at a terminal', () => {
  /** A caller's shell script in a pseudo terminal; what it printed. */
  function onTerminal(cwd: string, script: string) {
    writeFileSync(join(cwd, 'caller'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(cwd, 'caller'), 0o755);
    const child = spawn('script', ['-qec', 'exec ./caller', '/dev/null'], { cwd });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, ended, text: () => text };
  }
  const kgitLock = (command: string) =>
    `"${process.execPath}" "${PROGRAM}" ${LOCK.join(' ')} -- sh -c '${command.replaceAll("'", "'\\''")}'`;

  it('a program under the lock reads it, by its stream and by name', async () => {
    const { one } = clones();
    const script = kgitLock('echo READY; read a; read b < /dev/tty; echo "got $a $b"');
    const { child, ended, text } = onTerminal(one, script);
    await until(() => text().includes('READY'));
    child.stdin.write('first\nsecond\n');
    expect(await ended).toBe(0);
    expect(text()).toContain('got first second');
  });

  it('Ctrl-C reaches the command once', async () => {
    const { one } = clones();
    const command = `trap "echo INT >> signals" INT; echo READY; while [ ! -e done ]; do sleep 0.1; done; exit 5`;
    const { child, ended, text } = onTerminal(one, `trap : INT\n${kgitLock(command)}`);
    await until(() => text().includes('READY'));
    child.stdin.write('\u0003');
    await until(() => existsSync(join(one, 'signals')));
    // A second one would have come with the first.
    await kgitJson(one, ['locks']);
    writeFileSync(join(one, 'done'), '');
    expect(await ended).toBe(5);
    expect(readFileSync(join(one, 'signals'), 'utf8')).toBe('INT\n');
  });

  it('a lost lease ends what the command started, and not the script that kgit stands in', async () => {
    const { one, two } = clones();
    const { child, ended, text } = onTerminal(
      one,
      `${kgitLock(`${background('child', STUBBORN)} ${background('other', HANG, 'setsid')} ${HANG}`)}
echo "code $?"; read line; echo "got $line"`,
    );
    const pids = [await pidIn(join(one, 'child')), await pidIn(join(one, 'other'))];
    await breakIt(two);
    await until(() => text().includes('code 13'));
    expect(pids.map(runs)).toEqual([false, false]);
    // The terminal is the script's still.
    child.stdin.write('hello\n');
    expect(await ended).toBe(0);
    expect(text()).toContain('got hello');
  });
});

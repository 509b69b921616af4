import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startChild } from '../../src/process/child.js';
import { outputOf, type RecordsEnd, recordsOf } from '../../src/process/child-output.js';

const MAX = { maxOutputBytes: 1024 };
const shell = (script: string, ownGroup = false) =>
  startChild('sh', ['-c', script], { environment: process.env, ownGroup });

/** All records of a child, and how it ended. */
async function recordsAndEnd(records: AsyncGenerator<readonly string[], RecordsEnd>) {
  const all: string[] = [];
  for (;;) {
    const next = await records.next();
    if (next.done) return { all, end: next.value };
    all.push(...next.value);
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the output of a child', () => {
  it('is collected with its exit code, and gets input in pieces', async () => {
    const run = await outputOf(shell('cat; echo bad >&2; exit 3'), {
      ...MAX,
      input: ['a', Buffer.from('b')],
    });
    expect(run).toMatchObject({ ended: 'exit', code: 3, failure: null, stderr: 'bad\n' });
    expect(run.stdout.toString()).toBe('ab');
  });

  it('makes its input no faster than the child reads it, and none after its end', async () => {
    let made = 0;
    function* input() {
      for (; made < 1_000; made++) yield 'x'.repeat(64 * 1024);
    }
    const few = await outputOf(shell('head -c 200000 | wc -c'), { ...MAX, input: input() });
    expect(few.stdout.toString().trim()).toBe('200000');
    expect(made).toBeLessThan(100);
    made = 900;
    const all = await outputOf(shell('wc -c'), { ...MAX, input: input() });
    expect(all.stdout.toString().trim()).toBe(String(100 * 64 * 1024));
  });

  it('tells a program that is missing from one that cannot be run', async () => {
    const missing = startChild('kgit-no-such-program', [], { environment: process.env });
    expect(await outputOf(missing, MAX)).toMatchObject({ ended: 'missing', code: null });
    const folder = startChild('/', [], { environment: process.env });
    expect(await outputOf(folder, MAX)).toMatchObject({ ended: 'not-startable', code: null });
  });

  it.each([
    ['timeout', 'sleep 600', { timeoutMs: 50 }],
    ['aborted', 'sleep 600', { signal: AbortSignal.timeout(50) }],
    ['aborted', 'sleep 600', { signal: AbortSignal.abort() }],
    ['too-large', 'yes', {}],
  ] as const)('ends with %s', async (ended, script, limits) => {
    expect(await outputOf(shell(`exec ${script}`), { ...MAX, ...limits })).toMatchObject({
      ended,
      code: null,
    });
  });

  it('keeps the first bytes of stderr alone, where these are bounded', async () => {
    const run = await outputOf(shell('echo 1234567 >&2; echo ok'), { ...MAX, maxErrorBytes: 4 });
    expect(run).toMatchObject({ ended: 'exit', code: 0, stderr: '1234' });
  });

  /** Starts a child with a child of its own, and ends it as soon as that runs; returns how it ended, and the other's id. */
  async function endWithChild(ownGroup: boolean, isForced: boolean) {
    const stop = new AbortController();
    let pid = 0;
    const onStderr = (text: string) => {
      pid = Number(text);
      stop.abort();
    };
    const child = shell('sleep 600 & echo $! >&2; wait', ownGroup);
    const { ended } = await outputOf(child, { ...MAX, signal: stop.signal, isForced, onStderr });
    return { ended, pid };
  }

  it('ends a whole group', async () => {
    const { ended, pid } = await endWithChild(true, false);
    expect(ended).toBe('aborted');
    expect(pid).toBeGreaterThan(1);
    while (isThere(pid)) await sleep(20);
  });

  it('does not wait for the children of one that is killed at once', async () => {
    const { ended, pid } = await endWithChild(false, true);
    expect(ended).toBe('aborted');
    expect(isThere(pid)).toBe(true);
    process.kill(pid);
  });
});

describe('the records of a child', () => {
  it('come as they are complete, with the rest and the exit code at the end', async () => {
    const { all, end } = await recordsAndEnd(
      recordsOf(shell('printf "a\\0b\\0c"; echo bad >&2; exit 2'), { separator: '\0' }),
    );
    expect(all).toEqual(['a', 'b']);
    expect(end).toMatchObject({ ended: 'exit', code: 2, rest: 'c', stderr: 'bad\n' });
  });

  it('keep characters whole that come in two pieces', async () => {
    const script = 'printf "\\303"; sleep 0.2; printf "\\244\\n"';
    expect((await recordsAndEnd(recordsOf(shell(script), { separator: '\n' }))).all).toEqual(['ä']);
  });

  it.each([
    ['timeout', 'exec sleep 600', { timeoutMs: 50 }],
    ['timeout', 'echo a; exec sleep 600', { idleMs: 50 }],
    ['too-large', 'yes | tr -d "\\n"', { maxRecord: 1000, isForced: true }],
    ['aborted', 'exec sleep 600', { signal: AbortSignal.timeout(50) }],
  ] as const)('end with %s', async (ended, script, limits) => {
    const { end } = await recordsAndEnd(recordsOf(shell(script), { separator: '\n', ...limits }));
    expect(end.ended).toBe(ended);
  });

  it('end the child when nobody reads on', async () => {
    const child = shell('echo a; exec sleep 600');
    for await (const _ of recordsOf(child, { separator: '\n' })) break;
    expect(child.signalCode).toBe('SIGTERM');
  });

  it('say that a program is missing', async () => {
    const child = startChild('kgit-no-such-program', [], { environment: process.env });
    const { end } = await recordsAndEnd(recordsOf(child, { separator: '\n' }));
    expect(end).toMatchObject({ ended: 'missing', code: null });
  });
});

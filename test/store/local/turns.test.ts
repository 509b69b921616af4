import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/errors.js';
import { Turns } from '../../../src/store/local/turns.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { fakeClock, T0, thisProcess } from '../../support/store-fixtures.js';

const FAR = T0 + 600_000;
const TARGET = 'ssh://host/state main';

function turnsOf(folder: string, clock = fakeClock(), host = thisProcess) {
  return {
    clock,
    turns: new Turns(
      () => folder,
      host,
      clock,
      () => true,
    ),
  };
}

it('lets one at a time write to a branch, and others to other branches', async () => {
  const folder = join(temporaryFolder(), 'turns');
  const first = turnsOf(folder);
  const turn = await first.turns.take(TARGET, FAR);
  expect(turn.isWaitedFor).toBe(false);
  expect((await first.turns.take('another', FAR)).isWaitedFor).toBe(false);
  const second = turnsOf(folder);
  const { sleep } = second.clock;
  let looks = 0;
  second.clock.sleep = async (ms) => {
    looks += 1;
    if (looks === 3) await turn.end();
    await sleep(ms);
  };
  const next = await second.turns.take(TARGET, FAR);
  expect([next.isWaitedFor, looks]).toEqual([true, 3]);
  await next.end();
  expect((await turnsOf(folder).turns.take(TARGET, FAR)).isWaitedFor).toBe(false);
});

it('looks now and then while others have the turn, and ends the wait when there is nothing to wait for', async () => {
  const folder = temporaryFolder();
  const { turns } = turnsOf(folder);
  expect(await turns.isTaken(TARGET)).toBe(false);
  const turn = await turns.take(TARGET, FAR, async () => expect.unreachable());
  expect([turn.isHeld, await turns.isTaken(TARGET)]).toEqual([true, true]);
  let looks = 0;
  const next = await turnsOf(folder).turns.take(TARGET, FAR, async () => ++looks === 3);
  expect([next.isWaitedFor, next.isHeld, looks]).toEqual([true, false, 3]);
  await next.end();
  expect(await turns.isTaken(TARGET)).toBe(true);
  await turn.end();
  expect(await turns.isTaken(TARGET)).toBe(false);
});

it('does not wait for a process that has ended', async () => {
  const folder = temporaryFolder();
  const gone = { ...thisProcess, pid: 999_999_999 };
  await turnsOf(folder, fakeClock(), gone).turns.take(TARGET, FAR);
  expect(readdirSync(folder)).toHaveLength(1);
  expect((await turnsOf(folder).turns.take(TARGET, FAR)).isWaitedFor).toBe(false);
});

it('does not wait for a process of another machine, which shares the home', async () => {
  const folder = temporaryFolder();
  const elsewhere = { ...thisProcess, hostname: 'there' };
  await turnsOf(folder, fakeClock(), elsewhere).turns.take(TARGET, FAR);
  const { turns, clock } = turnsOf(folder);
  expect(await turns.isTaken(TARGET)).toBe(false);
  expect((await turns.take(TARGET, FAR)).isHeld).toBe(true);
  expect(clock.slept).toEqual([]);
  const lines = [turns, turnsOf(folder, fakeClock(), elsewhere).turns].map((each) =>
    each.record(TARGET, 'group'),
  );
  const [here, there] = await Promise.all(lines);
  const commits = [{ from: '1'.repeat(40), to: '2'.repeat(40), objects: '/pack', at: T0 }];
  await here?.change(async () => ({ commits, landed: 0, sent: 1 }), true);
  expect([(await here?.read())?.commits, (await there?.read())?.commits]).toEqual([commits, []]);
});

it.each([
  ['15 seconds', FAR, 15_000],
  ['the deadline', T0 + 2_000, 2_000],
])('goes on without a turn after %s, and leaves it to its holder', async (_what, deadline, ms) => {
  const folder = temporaryFolder();
  await turnsOf(folder).turns.take(TARGET, FAR);
  const { turns, clock } = turnsOf(folder);
  const turn = await turns.take(TARGET, deadline);
  expect(turn.isWaitedFor).toBe(true);
  expect(clock.now() - T0).toBeGreaterThanOrEqual(ms);
  expect(clock.now() - T0).toBeLessThan(ms + 100);
  await turn.end();
  expect(readdirSync(folder)).toHaveLength(1);
});

it('goes on without a turn where there is no place for a lock file', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect((await turnsOf(join(file, 'turns')).turns.take(TARGET, FAR)).isWaitedFor).toBe(false);
  const homeless = new Turns(
    () => {
      throw new EnvironmentError('neither HOME nor XDG_CACHE_HOME is set');
    },
    thisProcess,
    fakeClock(),
    () => true,
  );
  expect(await homeless.record(TARGET, 'group')).toBeNull();
  expect(await homeless.isTaken(TARGET)).toBe(false);
  const turn = await homeless.take(TARGET, FAR);
  await turn.end();
  expect(existsSync(join(file, 'turns'))).toBe(false);
});

it.each([
  ['text', (path: string) => writeFileSync(path, '{"pid":')],
  ['a folder', (path: string) => mkdirSync(join(path, 'inner'), { recursive: true })],
  ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
])('does not wait for %s in the place of a lock file', async (_what, put) => {
  const folder = temporaryFolder();
  const { turns, clock } = turnsOf(folder);
  await (await turns.take(TARGET, FAR)).end();
  const name = createHash('sha256').update(`${thisProcess.hostname}\0${TARGET}`).digest('hex').slice(0, 32);
  put(join(folder, `${name}.lock`));
  await (await turns.take(TARGET, FAR)).end();
  expect(clock.slept).toEqual([]);
});

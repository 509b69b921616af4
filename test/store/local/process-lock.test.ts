import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProcessLock } from '../../../src/store/local/process-lock.js';
import { identityOf } from '../../../src/store/port/host.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { thisProcess } from '../../support/store-fixtures.js';

const place = () => join(temporaryFolder(), 'kgit', 'publish.lock');

describe('ProcessLock', () => {
  it('is held by one at a time', async () => {
    const path = place();
    const [one, two] = [new ProcessLock(path, thisProcess), new ProcessLock(path, thisProcess)];
    expect(await one.tryAcquire()).toBe(true);
    expect(await two.tryAcquire()).toBe(false);
    await two.release();
    expect(existsSync(path)).toBe(true);
    await one.release();
    expect(await two.tryAcquire()).toBe(true);
  });

  it.each([
    ['a process that is gone', { pid: 999_999_999 }],
    ['another boot', { bootId: 'boot-0' }],
    ['a pid that another process has now', { processStart: 'start-0' }],
  ])('is taken over from %s', async (_name, difference) => {
    const path = place();
    await new ProcessLock(path, {
      ...thisProcess,
      ...difference,
      processStart: () => 'start-0',
    }).tryAcquire();
    const next = new ProcessLock(path, thisProcess);
    expect(await next.tryAcquire()).toBe(true);
    expect(await new ProcessLock(path, thisProcess).tryAcquire()).toBe(false);
  });

  it('is left to a holder on another machine, of whom nothing is known', async () => {
    const path = place();
    await new ProcessLock(path, { ...thisProcess, hostname: 'there', pid: 999_999_999 }).tryAcquire();
    expect(await new ProcessLock(path, thisProcess).tryAcquire()).toBe(false);
  });

  it('is taken over when a power loss emptied its file', async () => {
    const path = place();
    const lock = new ProcessLock(path, thisProcess);
    await lock.tryAcquire();
    writeFileSync(path, '');
    expect(await new ProcessLock(path, thisProcess).tryAcquire()).toBe(true);
  });

  it.each([
    ['has it since', true, false],
    ['had it in between', false, true],
  ])(
    'is not moved where its holder gave it back and ended during the look: another %s',
    async (_what, stays, got) => {
      const path = place();
      expect(await new ProcessLock(path, thisProcess).tryAcquire()).toBe(true);
      const other = JSON.stringify({ ...identityOf(process.pid, thisProcess), nonce: 'other' });
      let moved = 0n;
      // Asked of the holder whose file was read: by now that one has ended.
      const isAlive = () => {
        rmSync(path);
        if (stays) writeFileSync(path, other);
        moved = statSync(dirname(path), { bigint: true }).mtimeNs;
        return false;
      };
      expect(await new ProcessLock(path, { ...thisProcess, isAlive }).tryAcquire()).toBe(got);
      if (stays) expect(statSync(dirname(path), { bigint: true }).mtimeNs).toBe(moved);
    },
  );

  it('is stolen by one of many who find its holder gone', async () => {
    const path = place();
    await new ProcessLock(path, { ...thisProcess, pid: 999_999_999, processStart: () => 'x' }).tryAcquire();
    const thieves = Array.from({ length: 20 }, () => new ProcessLock(path, thisProcess));
    const got = await Promise.all(thieves.map((thief) => thief.tryAcquire()));
    expect(got.filter(Boolean)).toHaveLength(1);
  });
});

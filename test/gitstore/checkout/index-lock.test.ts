import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { IndexLock } from '../../../src/gitstore/checkout/index-lock.js';
import { thisHost } from '../../../src/setup/this-host.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

it("leaves the user's own lock where it is, when a kgit gave its lock back and ended during the look", async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'index.lock');
  expect(await new IndexLock(folder, thisHost, 'one').tryAcquire()).toBeNull();
  let moved = 0n;
  // Asked of the holder whose lock was read: by now that one has ended, and git has the lock.
  const isAlive = () => {
    rmSync(path);
    writeFileSync(path, 'git writes an index');
    moved = statSync(folder, { bigint: true }).mtimeNs;
    return false;
  };
  await new IndexLock(folder, { ...thisHost, isAlive }, 'two').removeLeftBehind();
  expect(readFileSync(path, 'utf8')).toBe('git writes an index');
  expect(statSync(folder, { bigint: true }).mtimeNs).toBe(moved);
});

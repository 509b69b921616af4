import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { WholeRevision } from '../../../src/store/port/history.js';
import { emptyRepository, git } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';

const path = emptyRepository();
afterAll(() => rmSync(path, { recursive: true }));

it('tells what git alone can hold, compares a merge with its first parent, and refuses to bypass a revision', async () => {
  const write = (name: string, content: string | Buffer) => writeFileSync(join(path, name), content);
  const commit = (message: string) => {
    git(path, 'add', '.');
    git(path, 'commit', '--quiet', '--allow-empty', '-m', message);
    return git(path, 'rev-parse', 'HEAD').trim();
  };
  write('text', 'a\n');
  write('image', Buffer.from([0x89, 0xff]));
  symlinkSync('text', join(path, 'link'));
  const first = commit('first');
  unlinkSync(join(path, 'text'));
  symlinkSync('image', join(path, 'text'));
  write('image', 'now text\n');
  commit('second');
  git(path, 'checkout', '--quiet', '-b', 'side', first);
  write('beside', 'b\n');
  const side = commit('beside');
  git(path, 'checkout', '--quiet', 'main');
  git(path, 'merge', '--quiet', '--no-ff', '-m', 'merged', 'side');
  const head = git(path, 'rev-parse', 'HEAD').trim();
  const store = await openGitStore(path);
  const whole: WholeRevision[] = [];
  for await (const each of store.history.whole(null, head)) whole.push(each);
  expect(
    whole.map(({ files, odd }) => [
      Object.fromEntries(files),
      odd.map(({ path: at, what }) => `${at}: ${what}`),
    ]),
  ).toEqual([
    [{ text: 'a\n' }, ['image: not UTF-8 text', 'link: a symbolic link']],
    [{ text: null, image: 'now text\n' }, ['text: a symbolic link']],
    [{ beside: 'b\n' }, []],
  ]);
  const bypassed = async () => {
    for await (const each of store.history.whole(side, head)) whole.push(each);
  };
  await expect(bypassed()).rejects.toThrow(`revision ${side} is not on the line`);
  await store.close();
});

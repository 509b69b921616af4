import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cloneOf } from '../support/git-fixtures.js';
import { kgitProcess } from '../support/kgit.js';
import { sharedState } from '../support/state-repository.js';

const NO_XDG = { XDG_CONFIG_HOME: undefined, XDG_STATE_HOME: undefined, XDG_CACHE_HOME: undefined };
/** A name that gets no folder: of a file that nobody can make a folder of, root included. */
const HOMES: readonly [what: string, home: string | undefined][] = [
  ['not set', undefined],
  ['empty', ''],
  ['a folder that does not exist', join(tmpdir(), `kgit-no-home-${process.pid}`)],
  ['no folder, and none can be made there', '/dev/null/home'],
];

it.each(HOMES)('works where HOME is %s', async (_, home) => {
  const cwd = cloneOf(sharedState());
  const env = { ...NO_XDG, HOME: home, KGIT_USER: 'ada' };
  try {
    expect(await kgitProcess(cwd, ['push-event', 'touched', '--cluster', 'team/c'], { env })).toMatchObject({
      code: 0,
    });
    expect(await kgitProcess(cwd, ['log', '--json'], { env })).toMatchObject({ code: 0, stderr: '' });
  } finally {
    if (home?.startsWith(tmpdir())) rmSync(home, { recursive: true, force: true });
  }
});

it('a URL without a folder for its clone is refused with what to set', async () => {
  const remote = sharedState();
  const cwd = mkdtempSync(join(tmpdir(), 'kgit-test-'));
  const env = { ...NO_XDG, HOME: '/dev/null/home', KGIT_REPO: `file://${remote}` };
  expect(await kgitProcess(cwd, ['log'], { env })).toMatchObject({
    code: 18,
    stderr: expect.stringContaining('/dev/null/home'),
  });
});

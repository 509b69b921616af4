import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type HttpRemote, serveHttp } from '../../support/http-remote.js';
import { kgit } from '../../support/kgit.js';
import { sharedState } from '../../support/state-repository.js';

const remote = sharedState();
const config = join(temporaryFolder(), 'kgit.yaml');
writeFileSync(config, 'state_management:\n  backend: git-embedded\n');
let writable: HttpRemote;
let readable: HttpRemote;
beforeAll(async () => {
  writable = await serveHttp(remote, { canPush: true });
  readable = await serveHttp(remote, { canPush: false });
});
afterAll(() => Promise.all([writable.stop(), readable.stop()]));

/** What doctor says without git of the remote of a clone. */
async function checksOf(url: string | null) {
  const path = cloneOf(remote);
  if (url === null) git(path, 'remote', 'remove', 'origin');
  else git(path, 'remote', 'set-url', 'origin', `${url}/${basename(remote)}`);
  const env = { KGIT_USER: 'ada', KGIT_CONFIG: config };
  const { json } = await kgit(path, ['doctor', '--json'], { env });
  const checks: { name: string; ok: boolean; detail: string }[] = json.checks;
  return checks
    .filter(({ name }) => ['git', 'remote', 'write-access'].includes(name))
    .map(({ name, ok, detail }) => `${name} ${ok}: ${detail}`);
}

it('asks the remote, and whether a push is let in, without git', async () => {
  expect(await checksOf(writable.url)).toEqual([
    'git true: none is needed (backend: git-embedded)',
    `remote true: remote origin (${writable.url}/${basename(remote)}): has main, protocol 2`,
    'write-access true: a push to main is allowed; hooks and branch protection show only on a real write',
  ]);
  expect(git(remote, 'for-each-ref', 'refs/kgit/doctor')).toBe('');
});

it('finds a remote that takes no writes, that is away, or that is none', async () => {
  const [, reached, refused] = await checksOf(readable.url);
  expect(reached).toContain('remote true');
  expect(refused).toContain('write-access false');
  const [, away, ...none] = await checksOf('http://127.0.0.1:1');
  expect(away).toContain('remote false');
  expect(none).toEqual([]);
  expect(await checksOf(null)).toContain('remote true: none: the repository is purely local');
});

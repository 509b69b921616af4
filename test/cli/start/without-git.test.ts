import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitProcess } from '../../support/kgit.js';
import { stateRepository } from '../../support/state-repository.js';

const repository = (region: string) =>
  stateRepository({ 'deployments/dep-a/state.yaml': `region: ${region}\n` });
/** The same after a first command, which registers the merge driver. */
async function usedRepository(region: string): Promise<string> {
  const path = repository(region);
  await kgitProcess(path, ['get', 'region']);
  return path;
}

let place: string;
/** A git that notes what it is asked. */
let env: Record<string, string>;
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'kgit-early-'));
  mkdirSync(join(place, 'bin'));
  const wrapper = join(place, 'bin/git');
  const rest = process.env['PATH'] ?? '';
  writeFileSync(wrapper, `#!/bin/sh\necho "$*" >>'${place}/asked'\nPATH='${rest}' exec git "$@"\n`);
  chmodSync(wrapper, 0o755);
  env = { PATH: `${join(place, 'bin')}:${rest}`, XDG_CACHE_HOME: join(place, 'cache') };
});
const asked = () =>
  existsSync(join(place, 'asked')) ? readFileSync(join(place, 'asked'), 'utf8').trim().split('\n') : [];

const askedSince = (before: number) =>
  asked()
    .slice(before)
    .map((line) => /maintenance\.auto=false (\S+)/.exec(line)?.[1] ?? '')
    .sort();

describe('in an ordinary clone', () => {
  it('a read, a queued event and the version start no git, not even for a user who never ran kgit', async () => {
    const path = await usedRepository('eastus');
    expect((await kgitProcess(path, ['get', 'region'], { env })).stdout).toBe('eastus\n');
    const queued = await kgitProcess(path, ['push-event', 'a', '--deployment', 'dep-a', '--queue'], { env });
    expect(queued.code).toBe(0);
    await kgitProcess(path, ['--version'], { env });
    expect(asked()).toEqual([]);
  });

  it('a git that is too old, or fails, is in the way of what needs one alone', async () => {
    const path = await usedRepository('eastus');
    const wrapper = join(place, 'bin/git');
    writeFileSync(wrapper, '#!/bin/sh\necho git version 2.20.1\n', { mode: 0o755 });
    expect((await kgitProcess(path, ['get', 'region'], { env })).stdout).toBe('eastus\n');
    const event = ['push-event', 'a', '--deployment', 'dep-a'];
    const refused = await kgitProcess(path, event, { env });
    expect(refused).toMatchObject({ code: 18, stdout: '' });
    expect(refused.stderr).toContain('git is 2.20.1, and kgit needs 2.34 or newer');
    writeFileSync(wrapper, '#!/bin/sh\necho broken >&2; exit 7\n');
    const broken = await kgitProcess(path, event, { env });
    expect(broken).toMatchObject({ code: 18, stdout: '' });
    expect(broken.stderr).toContain('git version failed (7): broken');
    // None of these events waits for a git that can be used.
    expect((await kgitProcess(path, ['outbox'])).stdout).toBe('nothing waits\n');
  });

  it('git is asked where it is not ordinary', async () => {
    const path = repository('eastus');
    await kgitProcess(path, ['get', 'region'], { env });
    git(path, 'config', 'include.path', 'nowhere');
    const before = asked().length;
    expect((await kgitProcess(path, ['get', 'region'], { env })).stdout).toBe('eastus\n');
    expect(askedSince(before)).toEqual(['config', 'rev-parse']);
  });

  it('answers are about the repository that is named, however it is', async () => {
    const [made, there] = [repository('eastus'), repository('westus')];
    const above = temporaryFolder();
    const here = join(above, 'state');
    renameSync(made, here);
    const get = async (args: readonly string[], more: Record<string, string> = {}) =>
      (await kgitProcess(here, ['get', 'region', ...args], { env: { ...env, ...more } })).stdout;
    expect(await get(['--repo', there])).toBe('westus\n');
    expect(await get([`--repo=${there}`])).toBe('westus\n');
    expect(await get([], { KGIT_REPO: there })).toBe('westus\n');
    writeFileSync(join(above, '.kgitrc.yaml'), `repo: ${there}\n`);
    expect(await get([])).toBe('westus\n');
  });
});

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
  it('a read, a queued event and the version start no git', async () => {
    const path = repository('eastus');
    await kgitProcess(path, ['get', 'region'], { env });
    const before = asked().length;
    expect((await kgitProcess(path, ['get', 'region'], { env })).stdout).toBe('eastus\n');
    const queued = await kgitProcess(path, ['push-event', 'a', '--deployment', 'dep-a', '--queue'], { env });
    expect(queued.code).toBe(0);
    await kgitProcess(path, ['--version'], { env });
    expect(askedSince(before)).toEqual([]);
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

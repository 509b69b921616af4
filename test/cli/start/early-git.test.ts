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
import { temporaryFolder } from '../../support/git-fixtures.js';
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

describe('the git that is begun before the program is loaded', () => {
  it('answers what a read asks: three processes, and none for the version of kgit', async () => {
    const path = repository('eastus');
    await kgitProcess(path, ['get', 'region'], { env });
    const before = asked().length;
    expect((await kgitProcess(path, ['get', 'region'], { env })).stdout).toBe('eastus\n');
    const words = asked()
      .slice(before)
      .map((line) => /maintenance\.auto=false (\S+)/.exec(line)?.[1]);
    expect(words.sort()).toEqual(['cat-file', 'config', 'rev-parse']);
    await kgitProcess(path, ['--version'], { env });
    expect(asked()).toHaveLength(before + 3);
  });

  it('answers nothing about another repository, however it is named', async () => {
    const [made, there] = [repository('eastus'), repository('westus')];
    const above = temporaryFolder();
    const here = join(above, 'state');
    renameSync(made, here);
    const get = async (args: readonly string[], more: Record<string, string> = {}) =>
      (await kgitProcess(here, ['get', 'region', ...args], { env: { ...env, ...more } })).stdout;
    expect(await get(['--repo', there])).toBe('westus\n');
    expect(await get([`--repo=${there}`])).toBe('westus\n');
    expect(await get([], { KGIT_REPO: there })).toBe('westus\n');
    // A file of settings is read when git was begun already.
    writeFileSync(join(above, '.kgitrc.yaml'), `repo: ${there}\n`);
    expect(await get([])).toBe('westus\n');
  });
});

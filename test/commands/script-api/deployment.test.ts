import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';
import { callsOf, scriptOf } from '../../support/script-api/replay.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';
import { emptyState } from '../../support/state-repository.js';

const SHARED = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const OWN = resolve(import.meta.dirname, 'fixtures/reset-and-again');
const CASES = ['09-head-full', '12-head-reset-archive-history'];
const isHere = CASES.every((name) => existsSync(join(SHARED, name)));
if (!isHere) console.warn(`skipped: no legacy fixtures at ${SHARED}`);
const CLOCK = resolve(import.meta.dirname, '../../support/script-api/file-clock.mjs');

/** Carries a deployment out in bash, and compares with what the old library wrote: the files, and their export. */
async function redo(root: string): Promise<void> {
  const [folder, to, repo] = [temporaryFolder(), temporaryFolder(), emptyState()];
  const clock = join(temporaryFolder(), 'clock');
  writeFileSync(clock, '0');
  const { code, err } = await bash(folder, repo, scriptOf(callsOf(root)), {
    NODE_OPTIONS: `--import=file://${CLOCK}`,
    CLOCK_FILE: clock,
    TZ: 'Asia/Shanghai',
  });
  expect([code, err]).toEqual([0, '']);
  expect(yamlFiles(folder)).toEqual(yamlFiles(root));
  await kgitJson(repo, ['export', '--to', to]);
  expect(yamlFiles(to)).toEqual(yamlFiles(root));
}

it('a deployment, its reset, archive and successor leave the files of the state library', () => redo(OWN));

it.runIf(isHere).each(CASES)('%s: what the old library wrote', (name) => redo(join(SHARED, name, 'root')));

it('what is withheld, and that alone, is missing on another machine: its key exits with 19', async () => {
  const [remote, one, to] = [bareRepository(), temporaryFolder(), temporaryFolder()];
  await kgitJson('.', ['init', one, '--remote', remote]);
  await kgitJson(one, ['import', OWN]);
  const two = cloneOf(remote);
  await kgitJson(two, ['export', '--to', to]);
  const found = yamlFiles(to);
  const without = (text: unknown) =>
    JSON.parse(JSON.stringify(text), (key, value) => (key === 'private_key' ? undefined : value));
  expect(without(found)).toEqual(without(yamlFiles(OWN)));
  const keys = [...JSON.stringify(found).matchAll(/"private_key":"([^"]*)"/g)].map(([, key]) => key);
  expect(new Set(keys)).toEqual(new Set(['<withheld: WireGuard private key>']));
  const state = join(to, 'state/deployment-state.yaml');
  writeFileSync(
    state,
    readFileSync(state, 'utf8').replace('role: hub', `role: hub\n    private_key: "${keys[0]}"`),
  );
  const { code, out, err } = await bash(to, two, 'get_wireguard_private_key mylaptop');
  expect([code, out]).toEqual([19, '']);
  expect(err).toMatch(/^kgit: .* is withheld: .*\n$/);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasLegacyFixtures, legacySecrets } from '../model/secret/legacy-fixtures.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';

const FIXTURES = fileURLToPath(new URL('../../../shared/legacy/fixtures', import.meta.url));
/** One of each kind: archives of a folder, a cluster's state, secrets wherever they can stand. */
const CASES = ['05-state-dir-cluster-state', '07-nested-flags-fast-reset', 'x12-secrets-everywhere'];

describe.runIf(hasLegacyFixtures)('what the scripts left behind, through the program', () => {
  it.each(CASES)(
    '%s: two clones at once import it once, and no secret is in git, outputs or messages',
    async (name) => {
      const remote = bareRepository();
      const one = temporaryFolder();
      await kgitJson('.', ['init', one, '--remote', remote]);
      const two = cloneOf(remote);
      const root = join(FIXTURES, name, 'root');
      const runs = await Promise.all([
        kgit(one, ['import', root, '--verbose']),
        kgit(two, ['import', root, '--verbose']),
      ]);
      expect(runs.map(({ code }) => code)).toEqual([0, 0]);
      const deployments = (await kgitJson(one, ['list', 'deployments', '--fetch'])).items;
      const count = git(remote, 'rev-list', '--count', 'main');
      expect(Number(count)).toBe(1 + deployments.length);
      for (const clone of [one, two])
        expect((await kgitJson(clone, ['import', root])).delivery).toBe('unchanged');
      expect(git(remote, 'rev-list', '--count', 'main')).toBe(count);
      const objects = [remote, one, two].map((path) =>
        git(path, 'cat-file', '--batch-all-objects', '--batch', '--unordered'),
      );
      const said = [...objects, ...runs.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
      expect(legacySecrets().filter((secret) => said.includes(secret))).toEqual([]);
      const folder = join(one, '.git', 'kgit', 'withheld');
      const kept = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      expect(legacySecrets().some((secret) => kept.join().includes(secret))).toBe(true);
    },
  );
});

import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kgit, kgitJson } from '../../support/kgit.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';
import { emptyState, stateRepository } from '../../support/state-repository.js';

const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);
const folder = () => mkdtempSync(join(tmpdir(), 'kgit-export-'));

describe.runIf(isHere)('the files of the scripts', () => {
  it.each(['03-split-events-flat-backups', '12-head-reset-archive-history', '21-real-run-complete'])(
    '%s comes back from the repository',
    async (name) => {
      const [repo, to] = [emptyState(), folder()];
      const from = join(FIXTURES, name, 'root');
      await kgitJson(repo, ['import', from]);
      await kgitJson(repo, ['export', '--to', to]);
      expect(yamlFiles(to)).toEqual(yamlFiles(from));
    },
  );
});

it('says so where nothing is recorded of what it is to write, and which deployment may be meant', async () => {
  const repo = stateRepository();
  const run = await kgit(repo, ['export', 'dep-a', '--to', folder()]);
  expect(run.code).toBe(15);
  expect(run.stderr).toContain('nothing is recorded of cluster/default/kcm-system/dep-a');
  expect(run.stderr).toContain('The deployment of that name is deployment/dep-a');
  expect((await kgit(repo, ['log', 'dep-a'])).stderr).toContain('deployment/dep-a');
});

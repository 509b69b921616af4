import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kgit, kgitJson } from '../../support/kgit.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';
import { emptyState, stateRepository } from '../../support/state-repository.js';

const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);
/** The example of an event log of rich events. */
const EXAMPLE = `cluster_name: "my-cluster"
events:
  - timestamp: "2025-07-11T14:30:00Z"
    action: "cluster_created"
    user: "rbias"
    parameters:
      location: "eastus"
      instance_sizes: "Standard_A4_v2"
    command: "create-child.sh --cluster-name my-cluster ..."
  - timestamp: "2025-07-11T15:45:00Z"
    action: "cluster_deleted"
    user: "rbias"
    reason: "testing completed"
`;

const folder = () => mkdtempSync(join(tmpdir(), 'kgit-export-'));

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

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

it('takes a log of rich events both ways', async () => {
  const [repo, from, to] = [stateRepository(), folder(), folder()];
  write(from, 'state/cluster-my-cluster-events.yaml', EXAMPLE);
  await kgitJson(repo, ['import', from]);
  const { files } = await kgitJson(repo, ['export', 'my-cluster', '--to', to]);
  expect(files).toHaveLength(1);
  expect(yamlFiles(to)).toEqual(yamlFiles(from));
});

it('says so where nothing is recorded of what it is to write, and which deployment may be meant', async () => {
  const repo = stateRepository();
  const run = await kgit(repo, ['export', 'dep-a', '--to', folder()]);
  expect(run.code).toBe(15);
  expect(run.stderr).toContain('nothing is recorded of cluster/default/kcm-system/dep-a');
  expect(run.stderr).toContain('The deployment of that name is deployment/dep-a');
  expect((await kgit(repo, ['log', 'dep-a'])).stderr).toContain('deployment/dep-a');
});

it('does not overwrite a file that has changed, unless it is told to', async () => {
  const [repo, to] = [stateRepository(), folder()];
  write(to, 'state/cluster-my-cluster-events.yaml', EXAMPLE);
  await kgitJson(repo, ['import', to]);
  const path = join(to, 'state/cluster-my-cluster-events.yaml');
  writeFileSync(path, `${EXAMPLE}note: mine\n`);
  const refused = await kgit(repo, ['export', 'my-cluster', '--to', to]);
  expect(refused.code).toBe(12);
  expect(readFileSync(path, 'utf8')).toContain('mine');
  await kgitJson(repo, ['export', 'my-cluster', '--to', to, '--force']);
  expect(parse(readFileSync(path, 'utf8'))).toEqual(parse(EXAMPLE));
});

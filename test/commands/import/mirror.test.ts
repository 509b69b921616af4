import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { PATIENCE_MS, until } from '../../support/patience.js';

const entry = (action: string) =>
  `  - timestamp: "2025-07-11T14:30:00Z"\n    action: ${action}\n    message: it\n`;
const HEAD = 'cluster_name: my-cluster\nevents:\n';

it('publishes what old scripts write within seconds, and tries a file that is half written again before it reports it', async () => {
  const remote = bareRepository();
  const here = temporaryFolder();
  await kgitJson('.', ['init', here, '--remote', remote]);
  const reader = cloneOf(remote);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  const log = join(folder, 'state/cluster-my-cluster-events.yaml');
  const probe = join(folder, 'state/cluster-other-events.yaml');
  writeFileSync(log, HEAD + entry('first'));
  const tip = () => git(remote, 'rev-parse', 'main');
  const empty = tip();
  const mirror = startKgit(here, ['mirror', folder, '--watch', '--json']);
  let [said, result] = ['', ''];
  mirror.stderr.on('data', (bytes) => (said += bytes));
  mirror.stdout.on('data', (bytes) => (result += bytes));
  try {
    const actions = async () => {
      const { events } = await kgitJson(reader, ['log', 'my-cluster', '--fetch', '--limit', '10']);
      return (events as { action: string }[]).map(({ action }) => action).sort();
    };
    await until(() => tip() !== empty);
    expect(await actions()).toEqual(['first']);
    // Cut off inside of an entry, as a reader in the middle of a write sees it. What is written after it and taken
    // in tells that it was seen.
    const taken = () => readdirSync(join(here, '.git/kgit/imports')).length;
    const others = taken();
    appendFileSync(log, entry('second').slice(0, 30));
    writeFileSync(probe, HEAD.replace('my-cluster', 'other') + entry('probe'));
    await vi.waitFor(() => expect(taken()).toBe(others + 1), { timeout: PATIENCE_MS, interval: 20 });
    writeFileSync(log, HEAD + entry('first') + entry('second'));
    const both = async () => expect(await actions()).toEqual(['first', 'second']);
    await vi.waitFor(both, { timeout: PATIENCE_MS, interval: 200 });
    expect(said).toBe('');
    // One that stays as it is, is tried again and then reported: whatever happens in the folder has it looked at.
    appendFileSync(log, '  - {');
    await vi.waitFor(
      () => {
        appendFileSync(join(folder, 'state/notifier-deployment.log'), 'more\n');
        expect(said).toContain('state/cluster-my-cluster-events.yaml: ');
      },
      { timeout: PATIENCE_MS, interval: 400 },
    );
  } finally {
    mirror.kill('SIGINT');
  }
  const [code] = await once(mirror, 'exit');
  expect(code).toBe(0);
  expect(said.split('\n').filter((line) => line.includes('my-cluster'))).toHaveLength(1);
  expect(JSON.parse(result).pending).toBe(0);
});

it('reports a broken file at once where it does not watch', async () => {
  const [here, folder] = [temporaryFolder(), temporaryFolder()];
  await kgitJson('.', ['init', here]);
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state/cluster-a-events.yaml'), 'events:\n  - {');
  const { stderr } = await kgit(here, ['mirror', folder]);
  expect(stderr).toContain('state/cluster-a-events.yaml');
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';
import { MARKER, stateRepository } from '../../support/state-repository.js';

const ENTRY = '  - timestamp: "2025-07-11T14:30:00Z"\n    action: begun\n    message: it\n';
const LOG = `deployment_id: dep-x\nevents:\n${ENTRY}`;
const until = (day: string) =>
  stateRepository({
    'kgit.yaml': MARKER.replace('settings: {}', `settings: {migration: {filesUntil: ${day}}}`),
  });

/** A checkout of the scripts, imported; then a script without kgit adds an event. */
async function goesOn(repo: string): Promise<string> {
  const folder = temporaryFolder();
  const log = join(folder, 'state/deployment-events.yaml');
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state/deployment-state.yaml'), 'deployment_id: dep-x\nphase: preparation\n');
  writeFileSync(log, LOG);
  await kgitJson(repo, ['import', folder]);
  writeFileSync(log, `${LOG}${ENTRY.replace('begun', 'alone')}`);
  return folder;
}

async function legacyCheck(repo: string) {
  const { json } = await kgit(repo, ['doctor', '--json', '--timeout', '5s']);
  return (json.checks as { name: string; ok: boolean; detail: string }[]).find(
    ({ name }) => name === 'legacy-files',
  );
}

it('warns, once the day has come, of files that were written without kgit, until they are imported', async () => {
  const repo = until('2024-01-31');
  const folder = await goesOn(repo);
  const detail = `written without kgit, which is over since 2024-01-31: ${folder}/state/deployment-events.yaml`;
  expect(await legacyCheck(repo)).toMatchObject({ ok: false, detail });
  const warned = await bash(folder, repo, 'get_state phase; get_state phase');
  expect(warned).toEqual({ code: 0, out: 'preparation\npreparation\n', err: `kgit: ${detail}\n` });
  await kgitJson(repo, ['import', folder]);
  expect(await legacyCheck(repo)).toMatchObject({ ok: true });
  expect(await bash(folder, repo, 'add_event through kgit')).toMatchObject({ code: 0, err: '' });
  // The script API has written the files, and the repository has it.
  expect(await legacyCheck(repo)).toMatchObject({ ok: true });
  expect(await bash(folder, repo, 'get_state phase')).toMatchObject({ err: '' });
});

it('says nothing before the day', async () => {
  const repo = until('9999-12-31');
  const folder = await goesOn(repo);
  expect(await legacyCheck(repo)).toMatchObject({ ok: true });
  expect(await bash(folder, repo, 'get_state phase')).toMatchObject({ code: 0, err: '' });
});

it('has no check where no day is set, and refuses what is no day', async () => {
  expect(await legacyCheck(stateRepository())).toBeUndefined();
  expect((await kgit(until('2026-02-30'), ['get', 'deployment'])).code).toBe(14);
});

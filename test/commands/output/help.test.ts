import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { GROUPS } from '../../../src/cli/help/groups.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit } from '../../support/kgit.js';

const manifest = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../oclif.manifest.json', import.meta.url)), 'utf8'),
) as { commands: Record<string, { hidden?: boolean }> };
const VISIBLE = Object.keys(manifest.commands).filter((id) => manifest.commands[id]?.hidden !== true);

it('every command that is shown stands in one group', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(VISIBLE.sort());
});

it.each(VISIBLE)('kgit help %s: one line of usage, and common flags by name alone', async (id) => {
  const folder = temporaryFolder();
  const [short, whole] = await inTurn([
    () => kgit(folder, ['help', id]),
    () => kgit(folder, [id, '--help-all']),
  ]);
  expect(short.code).toBe(0);
  const [, usage = ''] = /\nUSAGE\n([\s\S]*?)\n\n/.exec(short.stdout) ?? [];
  expect(usage.split('\n')).toHaveLength(1);
  expect(usage).toContain(`$ kgit ${id}`);
  expect(usage).not.toMatch(/\[\s*\||\|\s*\]|\[\]/);
  expect(short.stdout).toContain('COMMON FLAGS');
  expect(short.stdout).not.toContain('GLOBAL FLAGS');
  expect(whole.stdout).toContain('GLOBAL FLAGS');
  for (const line of short.stdout.split('\n'))
    expect(line.length).toBeLessThanOrEqual(line.includes('/docs/') ? 999 : 80);
});

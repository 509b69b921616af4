import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { git } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';
import { stateRepository } from '../support/state-repository.js';
import { ROOT } from './runner.js';

it('the hook for pre-commit checks what is staged, deletions too, and gets no names of files', async () => {
  const [hook, ...others] = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8'));
  expect(others).toEqual([]);
  // pre-commit runs npm in its own clone, which builds kgit by the script prepare of package.json.
  expect(hook).toMatchObject({
    id: 'kgit-validate',
    language: 'node',
    pass_filenames: false,
    always_run: true,
    minimum_pre_commit_version: '3.2.0',
  });
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(scripts.prepare).toBe('node scripts/prepare.mjs');
  const [program, ...args] = hook.entry.split(' ');
  expect(program).toBe('kgit');
  const path = stateRepository();
  expect(await kgit(path, args)).toMatchObject({ code: 0 });
  git(path, 'rm', '--quiet', '--cached', 'kgit.yaml');
  expect(await kgit(path, args)).toMatchObject({ code: 3, stdout: expect.stringContaining('kgit init') });
});

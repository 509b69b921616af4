import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { beginBuild, isBuilt } from '../../scripts/built.mjs';
import { emptyRepository, git } from '../support/git-fixtures.js';
import { commitFiles } from '../support/state-repository.js';

let root: string;
const write = (name: string, text = name) => {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), text);
};

beforeEach(() => {
  root = emptyRepository();
  write('.gitignore', 'dist/\nnode_modules/\noclif.manifest.json\n.built\n');
  for (const name of ['src/a.ts', 'src/b/c.ts', 'scripts/build.mjs', 'package.json', 'README.md'])
    write(name);
  write('node_modules/.package-lock.json');
  commitFiles(root, {});
  const end = beginBuild(root);
  for (const name of ['dist/start.cjs', 'dist/program/main.cjs', 'oclif.manifest.json']) write(name);
  end();
});

it('is built where nothing changed since, but for what others put beside the program', () => {
  expect(isBuilt(root)).toBe(true);
  write('dist/types/library.d.ts');
  write('dist/code/main.code');
  expect(isBuilt(root)).toBe(true);
});

it.each<[string, () => void]>([
  ['a source', () => write('src/b/c.ts', 'x')],
  ['a new source', () => write('src/b/d.ts')],
  ['a source that is gone', () => rmSync(join(root, 'src/b/c.ts'))],
  ['a script of the build', () => write('scripts/build.mjs', 'x')],
  ['what is installed', () => write('node_modules/.package-lock.json', 'x')],
  ['a file of the program', () => write('dist/program/main.cjs', 'x')],
  ['a file of the program that is gone', () => rmSync(join(root, 'dist/start.cjs'))],
  ['any other file: the version then says that the checkout has changes', () => write('README.md', 'x')],
  ['the commit', () => void git(root, 'commit', '--quiet', '--allow-empty', '-m', 'next')],
  ['a build that did not come to its end', () => void beginBuild(root)],
])('is not built: %s', (_, change) => {
  change();
  expect(isBuilt(root)).toBe(false);
});

it('is not built where a source changed while the build ran, or where nothing was ever built', () => {
  const end = beginBuild(root);
  write('src/a.ts', 'x');
  end();
  expect(isBuilt(root)).toBe(false);
  rmSync(join(root, '.built'));
  expect(isBuilt(root)).toBe(false);
});

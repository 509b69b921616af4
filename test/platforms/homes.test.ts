import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow } from '../support/source-files.js';

const root = join(import.meta.dirname, '../..');
const SOURCES = filesBelow('src', '.ts', '.tsx').map((path) => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}));

/** What differs between operating systems and file systems: how code asks for it, and the files that may. */
const MATTERS: readonly (readonly [matter: string, asks: RegExp, homes: readonly string[]])[] = [
  [
    'the operating system',
    /process\.platform|['"`](win32|darwin)['"`]|os\.platform\(/,
    ['src/platform/system.ts'],
  ],
  ['the shell', /['"`](\/bin\/)?sh['"`]|shell: true/, ['src/platform/shell.ts']],
  ['programs in PATH', /\.(exe|cmd)\b/, ['src/platform/programs.ts']],
  ['process groups', /process\.kill\(-|detached:/, ['src/process/child.ts']],
  [
    'processes that are not our children',
    /\/proc\/\$\{/,
    ['src/process/process-tree.ts', 'src/setup/this-host.ts'],
  ],
  [
    'hard links',
    /\blink(Sync)?\(/,
    // git's own locks must be plain files, so the embedded git cannot take a folder in their place.
    ['src/gitstore/embedded/lock-files.ts', 'src/store/local/named-whole.ts'],
  ],
  [
    'modes that say who may read, write and run',
    /\bf?chmod(Sync)?\(|\b0o[0-7]{3,4}\b/,
    [
      'src/gitstore/backup/backup.ts',
      'src/gitstore/repository/commit-hook.ts',
      'src/platform/file-modes.ts',
      'src/platform/small-files.ts',
      'src/store/local/shared-folders.ts',
    ],
  ],
  ['the case of paths', /ignorecase/, ['src/gitstore/doctor/path-case.ts']],
];

it.each(MATTERS)('%s has one home', (_, asks, homes) => {
  const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const asking = SOURCES.filter(({ text }) => asks.test(code(text))).map(({ path }) => path);
  expect(asking).toEqual([...homes].sort());
});

it.each([
  [
    'hard links',
    ['await link(a, b)', 'fs.linkSync(a, b)'],
    ['symlinkSync(a, b)', 'await unlink(a)', 'readlink(a)'],
  ],
  [
    'modes that say who may read, write and run',
    ['await handle.chmod(mode)', 'chmodSync(a, mode)', '{ mode: 0o600 }', 'mode & 0o1000', '0o022'],
    ['mode: PRIVATE_FILE', 'permissions(mode)'],
  ],
])('%s are found in every spelling, and nothing else is', (matter, asking, others) => {
  const asks = MATTERS.find(([name]) => name === matter)?.[1] ?? /(?!)/;
  expect(asking.filter((code) => !asks.test(code))).toEqual([]);
  expect(others.filter((code) => asks.test(code))).toEqual([]);
});

it('docs/platforms.md names each home', () => {
  const page = readFileSync(join(root, 'docs/platforms.md'), 'utf8');
  const homes = MATTERS.flatMap(([, , files]) => files);
  expect(homes.filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
});

/** No file and no variable is read that the tables leave out. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../../scripts/docs/variables.js';
import { FILES } from '../../../scripts/docs/who-writes.js';
import { SETTING_RULES } from '../../../src/setup/settings.js';
import { filesBelow } from '../../support/source-files.js';

describe('the tables', () => {
  it('name every module that reads files, and every variable', () => {
    const sources = filesBelow('src', '.ts');
    const READS =
      /\b(?:readFile(?:Sync)?|readAtMost|createReadStream|openSync|readdir(?:Sync)?|opendir|lstatSync|existsSync)\b|\bopen\(path/;
    const reading = sources.filter(
      (file) =>
        // It reads what the modules that import it name.
        file !== 'src/platform/small-files.ts' &&
        /from 'node:fs|small-files\.js'|readAtMost/.test(readFileSync(file, 'utf8')) &&
        READS.test(readFileSync(file, 'utf8')),
    );
    const told = new Set<string>(
      Object.values(FILES).flatMap(({ readBy }) => readBy.map((module: string) => `src/${module}`)),
    );
    expect(reading.filter((file) => !told.has(file))).toEqual([]);
    expect([...told].filter((file) => !sources.includes(file))).toEqual([]);
    const names = new Set([
      ...VARIABLES.flatMap(([all]) => all),
      ...SETTING_RULES.flatMap(({ variable }) => variable ?? []),
    ]);
    const text = [...sources, 'bin/askpass.sh'].map((file) => readFileSync(file, 'utf8')).join('\n');
    const used = new Set([
      ...[...text.matchAll(/\b(?:environment|env|variables)\['([A-Z_]+)'/g)].map(
        ([, name]) => name as string,
      ),
      ...[...text.matchAll(/'((?:KGIT|GITHUB|GITLAB|GITEA|FORGEJO|CI|GH|XDG)_[A-Z_]+)'/g)].map(
        ([, name]) => name as string,
      ),
    ]);
    expect([...used].filter((name) => !names.has(name) && !name.startsWith('KGIT_ASKPASS_'))).toEqual([]);
  });
});

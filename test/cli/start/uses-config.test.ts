import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { USES_CONFIG } from '../../../src/cli/start/plugin.js';

const root = join(import.meta.dirname, '../../..');

it('oclif’s configuration is made for the commands that use it, and no others', () => {
  const ids = readdirSync(join(root, 'src/commands')).map((name) => name.replace(/\.ts$/, ''));
  const text = (id: string) => readFileSync(join(root, 'src/commands', `${id}.ts`), 'utf8');
  expect(ids.filter((id) => /this\.config\b/.test(text(id)))).toEqual([...USES_CONFIG].sort());
  for (const name of readdirSync(join(root, 'src/cli/base')))
    expect(readFileSync(join(root, 'src/cli/base', name), 'utf8')).not.toMatch(/this\.config\b/);
});

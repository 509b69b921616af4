import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stateRepository } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

const manifest = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../oclif.manifest.json', import.meta.url)), 'utf8'),
) as { commands: Record<string, { hidden?: boolean }> };
const COMMANDS = Object.keys(manifest.commands);

/** oclif loads more where stderr is a terminal, so what works on a pipe may fail here. */
describe('help on a terminal', () => {
  it.each([[['--help']], [[]], [['--version']]])('kgit %j', async (args) => {
    const { code, screen } = await onTerminal(stateRepository({}), args);
    expect(screen).not.toContain('INTERNAL');
    expect(screen).toContain('kgit');
    expect(code).toBe(0);
  });

  it.each(COMMANDS)('kgit %s --help', async (command) => {
    const cwd = stateRepository({});
    for (const [columns, env] of [
      [80, { NO_COLOR: undefined }],
      [40, { NO_COLOR: '1' }],
    ] as const) {
      const { code, screen } = await onTerminal(cwd, [command, '--help'], { columns, env });
      const text = stripVTControlCharacters(screen);
      expect(text).toContain('USAGE');
      expect(text).toContain('EXAMPLES');
      expect(code).toBe(0);
      expect(screen === text).toBe(columns === 40);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { loadedModules } from '../support/loaded-modules.js';
import { stateRepository } from '../support/state-repository.js';

/**
 * The state document and kgit.yaml are YAML, so whatever opens a repository parses it. oclif reads the arguments.
 * Nothing else is needed to read.
 */
const TO_READ = ['@oclif/core', 'yaml'];
/** What is given is checked, by zod. */
const TO_WRITE = ['@oclif/core', 'yaml', 'zod'];

const repository = () => stateRepository({ 'deployments/dep-a/state.yaml': 'region: eastus\n' });

describe('what a run loads', () => {
  it('--version: oclif alone, and no command', async () => {
    const { run, packages, modules } = await loadedModules(repository(), ['--version']);
    expect(run.code).toBe(0);
    expect(packages).toEqual(['@oclif/core']);
    expect(modules.filter((path) => path.startsWith('src/'))).toEqual(['src/main.ts', 'src/plugin.ts']);
  });

  it('get: what reads YAML and arguments', async () => {
    const { run, packages, modules } = await loadedModules(repository(), ['get', 'region']);
    expect(run.stdout).toBe('eastus\n');
    expect(packages).toEqual(TO_READ);
    expect(modules).toContain('src/commands/get.ts');
    // Nothing of other commands, of legacy files, clusters or secrets.
    expect(modules.filter((path) => /^src\/(sync|k0rdent|model\/secret)\//.test(path))).toEqual([]);
    expect(modules.filter((path) => path.startsWith('src/commands/'))).toEqual(['src/commands/get.ts']);
  });

  it('push-event: no package beside those that check and write the event, queued or published', async () => {
    const path = repository();
    const event = ['push-event', 'backup_done', '--deployment', 'dep-a', '--param', 'size=1'];
    for (const how of [['--queue'], []]) {
      const { run, packages, modules } = await loadedModules(path, [...event, ...how]);
      expect(run.code).toBe(0);
      expect(packages).toEqual(TO_WRITE);
      expect(modules.filter((path) => /^src\/(sync|k0rdent)\//.test(path))).toEqual([]);
    }
  });

  it('of zod its small form, without languages but English', async () => {
    const { modules } = await loadedModules(repository(), [
      'push-event',
      'a',
      '--deployment',
      'dep-a',
      '--queue',
    ]);
    const zod = modules.filter((path) => path.startsWith('node_modules/zod/'));
    expect(zod).toContain('node_modules/zod/v4/mini/schemas.js');
    expect(zod.filter((path) => /classic|to-json-schema|locales\/(?!en\.js)/.test(path))).toEqual([]);
  });

  it('sees what is loaded: help renders templates', async () => {
    const help = await loadedModules(repository(), ['get', '--help']);
    expect(help.packages).toEqual(expect.arrayContaining(['@oclif/core', 'ejs', 'wrap-ansi']));
    expect(help.modules).toContain('node_modules/@oclif/core/lib/help/command.js');
  });
});

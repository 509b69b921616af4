/**
 * Presents kgit to oclif as its only plugin, made from what the build recorded, so that nothing searches the disk for
 * it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';
import { PACKAGE_ROOT } from '../../package-root.js';
import type { KnownCommands } from '../habits/habits.js';

/** Loads the class of a command. */
export async function loadCommand(id: string, plugin?: Interfaces.Plugin): Promise<Command.Class> {
  const { default: command } = (await import(`../../commands/${id}.ts`)) as { default: Command.Class };
  command.id = id;
  command.plugin = plugin;
  return command;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, name), 'utf8'));
}

/** The flags of a command that take a value, parsed when they are asked for. */
class KnownCommand {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get flags(): KnownCommands[string]['flags'] {
    return JSON.parse(this.#text);
  }
}

/**
 * Reads what the build noted of the flags that take a value: the JSON of each command by its name. The manifest is ten
 * times as large.
 */
export function knownCommands(): KnownCommands {
  const texts = Object.entries(readJson('dist/commands.json') as Record<string, string>);
  return Object.fromEntries(texts.map(([id, text]) => [id, new KnownCommand(text)]));
}

/** Commands that use oclif's configuration, so that oclif has to load it. A test finds them in their sources. */
export const USES_CONFIG: ReadonlySet<string> = new Set([
  'complete',
  'demo',
  'init',
  'mcp',
  'serve',
  'shell-init',
  'version',
]);

/**
 * Runs a command as oclif's `run` does, without the configuration that oclif makes of plugins, their hooks and their
 * commands: kgit has one plugin and no hooks, and making it takes longer than parsing the arguments.
 */
export async function runCommand(id: string, argv: readonly string[]): Promise<void> {
  const command = await loadCommand(id);
  const runHook = async () => ({ successes: [], failures: [] });
  await command.run([...argv], { runHook } as unknown as Interfaces.LoadOptions);
}

/**
 * Runs a command that uses oclif's configuration. oclif's `run` would take words behind a command that has no arguments for
 * parts of its name.
 */
export async function runConfigured(id: string, argv: readonly string[]): Promise<void> {
  const { Config } = await import('./oclif-run.js');
  const config = await Config.load(ownProgram().options);
  await config.runCommand(id, [...argv]);
}

/** oclif's load options for kgit, and its commands by name. */
export interface OwnProgram {
  readonly options: Interfaces.LoadOptions & { readonly root: string; readonly pjson: Interfaces.PJSON };
  readonly commands: Interfaces.Manifest['commands'];
}

/** Reads oclif's load options and the commands from what the build recorded. */
export function ownProgram(): OwnProgram {
  const pjson = readJson('package.json') as Interfaces.PJSON;
  const { commands } = readJson('oclif.manifest.json') as Interfaces.Manifest;
  const { name, version } = pjson;
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: name,
    commandIDs: Object.keys(commands),
    commands: Object.values(commands).map((command) => ({
      ...command,
      load: () => loadCommand(command.id, plugin),
    })),
    commandsDir: undefined,
    findCommand: (id: string) => loadCommand(id, plugin),
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => undefined,
    moduleType: 'commonjs',
    name,
    options: { root: PACKAGE_ROOT },
    pjson,
    root: PACKAGE_ROOT,
    topics: [],
    type: 'core',
    valid: true,
    version,
  };
  return { options: { root: PACKAGE_ROOT, pjson, plugins: new Map([[name, plugin]]) }, commands };
}

/**
 * Presents kgit to oclif as its only plugin, made from what the build recorded, so that nothing searches the disk for
 * it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';
import { PACKAGE_ROOT } from '../../package-root.js';

/** Loads the class of a command. */
export async function loadCommand(id: string, plugin: Interfaces.Plugin): Promise<Command.Class> {
  const { default: command } = (await import(`../../commands/${id}.ts`)) as { default: Command.Class };
  command.id = id;
  command.plugin = plugin;
  return command;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, name), 'utf8'));
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

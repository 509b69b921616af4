import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidStateError, UsageError } from './errors.js';
import { MARKER_FILE } from './model/layout.js';
import { lookUp } from './model/state-path.js';
import { isMap } from './model/value.js';
import { DEFAULT_SETTINGS, SETTING_RULES, type SettingRule, type Settings } from './settings.js';
import { hasCode, readAtMost } from './store/durable-files.js';

/** The nearest of these upward is read, where the user owns it. */
const PROJECT_FILE = '.kgitrc.yaml';
const MAX_CONFIG_BYTES = 256 * 1024;

export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** --config, or KGIT_CONFIG. */
  readonly file: string | undefined;
  /** The user's own number; null where the system has none. */
  readonly uid: number | null;
  readonly warn: (message: string) => void;
}

/** The settings of one source. */
export type Layer = Partial<Record<keyof Settings, unknown>>;

function broken(rule: SettingRule, value: unknown, where: string): UsageError {
  const shown = JSON.stringify(value)?.slice(0, 80) ?? 'nothing';
  return new UsageError(`${where}: ${rule.name} is ${shown}, not a ${rule.type}`, {
    data: { setting: rule.name, where },
  });
}

function readSetting(rule: SettingRule, value: unknown, where: string): unknown {
  const read = rule.read(value);
  if (read === undefined) throw broken(rule, value, where);
  return read;
}

/** The settings that a mapping from a file holds. Throws UsageError for one that may not stand there or is not valid. */
function layerOfMap(map: unknown, where: string, place: 'files' | 'kgit.yaml'): Layer {
  if (map === null || map === undefined) return {};
  if (!isMap(map)) throw new UsageError(`${where}: settings are a mapping`, { data: { where } });
  if (map['backend'] !== undefined && map['backend'] !== 'git') {
    throw new UsageError(
      `${where}: backend ${JSON.stringify(map['backend'])} is not one that this kgit has`,
      {
        suggestions: ['Use backend: git'],
        data: { setting: 'backend', where },
      },
    );
  }
  const layer: Layer = {};
  for (const rule of SETTING_RULES) {
    const { found, value } = lookUp(map, rule.name.split('.'));
    if (!found) continue;
    if (!rule.places.includes(place)) {
      throw new UsageError(`${where}: ${rule.name} cannot be set there`, {
        data: { setting: rule.name, where },
        suggestions: [`Set it by ${[rule.flag, rule.variable].filter(Boolean).join(' or ')}`],
      });
    }
    layer[rule.key] = readSetting(rule, value, where);
  }
  return layer;
}

async function readConfigFile(path: string): Promise<unknown> {
  const bytes = await readAtMost(path, MAX_CONFIG_BYTES + 1);
  if (bytes.length > MAX_CONFIG_BYTES)
    throw new UsageError(`${path}: larger than ${MAX_CONFIG_BYTES / 1024} KiB`, {
      suggestions: ['Name a file of settings'],
    });
  const text = bytes.toString('utf8');
  // Most runs have no such file, and need no YAML for it.
  const { parseYaml } = await import('./model/yaml.js');
  return parseYaml(text, path);
}

async function ownFile(path: string, sources: ConfigSources): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) sources.warn(`${path} is a symbolic link, so it is not read`);
    if (!stats.isFile()) return false;
    if (sources.uid === null || stats.uid === sources.uid) return true;
    sources.warn(`${path} is not yours, so it is not read`);
    return false;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}

async function projectLayer(sources: ConfigSources): Promise<Layer> {
  for (let folder = sources.cwd; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    if (await ownFile(path, sources)) return layerOfMap(await readConfigFile(path), path, 'files');
    if (dirname(folder) === folder) return {};
  }
}

async function userLayer(sources: ConfigSources): Promise<Layer> {
  const home = sources.environment['HOME'];
  const base = sources.environment['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  if (!base) return {};
  const path = join(base, 'kgit', 'config.yaml');
  return (await ownFile(path, sources)) ? layerOfMap(await readConfigFile(path), path, 'files') : {};
}

/** The file that --config names: its `state_management:` block. */
async function namedLayer(path: string | undefined): Promise<Layer> {
  if (!path) return {};
  let content: unknown;
  try {
    content = await readConfigFile(path);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT', 'EISDIR', 'EACCES')) throw cause;
    throw new UsageError(`the configuration file ${path} cannot be read`, {
      cause,
      suggestions: ['Check --config and KGIT_CONFIG'],
    });
  }
  const block = isMap(content) ? content['state_management'] : undefined;
  return layerOfMap(block, path, 'files');
}

function flagLayer(sources: ConfigSources): Layer {
  const layer: Layer = {};
  for (const rule of SETTING_RULES) {
    const value = rule.flag ? sources.flags[rule.flag.slice(2)] : undefined;
    if (value !== undefined) layer[rule.key] = readSetting(rule, value, rule.flag as string);
  }
  return layer;
}

function environmentLayer(sources: ConfigSources): Layer {
  const layer: Layer = {};
  for (const rule of SETTING_RULES) {
    const value = rule.variable ? sources.environment[rule.variable] : undefined;
    if (value) layer[rule.key] = readSetting(rule, value, rule.variable as string);
  }
  return layer;
}

/** Settings from everywhere but the repository's own kgit.yaml, highest layer first. */
export async function readLayers(sources: ConfigSources): Promise<readonly Layer[]> {
  return [
    flagLayer(sources),
    environmentLayer(sources),
    await namedLayer(sources.file),
    await projectLayer(sources),
    await userLayer(sources),
  ];
}

/** The layer of a kgit.yaml: its `settings:` block. Throws InvalidStateError, for it is a file of the repository. */
export function markerLayer(marker: Readonly<Record<string, unknown>>): Layer {
  try {
    return layerOfMap(marker['settings'], MARKER_FILE, 'kgit.yaml');
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    const { message, suggestions, data } = cause;
    throw new InvalidStateError(message, {
      cause,
      suggestions: [...suggestions, `Look at who changed it: git log -- ${MARKER_FILE}`],
      data: { ...data, path: MARKER_FILE },
    });
  }
}

/** The settings in use: of each, the highest layer's value, else the default. Frozen. */
export function mergeLayers(layers: readonly Layer[]): Settings {
  const merged: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const layer of [...layers].reverse()) Object.assign(merged, layer);
  return Object.freeze(merged) as unknown as Settings;
}

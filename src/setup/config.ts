import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidStateError, UsageError } from '../errors.js';
import { lookUp } from '../model/state/state-path.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import { hasCode } from '../model/value/error-codes.js';
import { isMap, type Value } from '../model/value/value.js';
import { findProgram } from '../platform/programs.js';
import { readAtMost } from '../store/local/durable-files.js';
import { checkMarker, managementsOf } from '../store/read/records.js';
import { chosenDriver, DRIVERS, EMBEDDED } from './drivers.js';
import { DEFAULT_SETTINGS, SETTING_RULES, type SettingRule, type Settings } from './settings.js';
import {
  checkoutOf,
  checkoutOfFile,
  committable,
  isCi,
  mayBeReadByOthers,
  ownFolder,
  strangeness,
} from './trust.js';

/** Name of the project file: the nearest one upward is read if the user owns it. */
const PROJECT_FILE = '.kgitrc.yaml';
/** Advice for settings that are found where others can put them. */
const WAY_OUT = `Move settings of your own to ~/.config/kgit/config.yaml, or to a ${PROJECT_FILE} outside of the checkout`;
const MAX_CONFIG_BYTES = 256 * 1024;

export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** --config, or KGIT_CONFIG. */
  readonly file: string | undefined;
  /** The user's uid; null if the system has none. */
  readonly uid: number | null;
  readonly warn: (message: string) => void;
  /** The driver that the caller names, above all sources. */
  readonly backend?: string | undefined;
  /** Whether to use only flags and variables, and read no files. */
  readonly withoutFiles?: boolean;
}

/** The settings of one source. */
export type Layer = Partial<Record<keyof Settings, unknown>>;

function broken(rule: SettingRule, value: unknown, where: string): UsageError {
  const shown = rule.isSecret ? 'something' : (JSON.stringify(value)?.slice(0, 80) ?? 'nothing');
  return new UsageError(`${where}: ${rule.name} is ${shown}, not a ${rule.type}`, {
    data: { setting: rule.name, where },
  });
}

function notPrivate({ name, variable }: SettingRule, where: string): UsageError {
  return new UsageError(`${where}: ${name} is there, and other users of this machine can read the file`, {
    suggestions: [`chmod 600 ${where}`, `Or set ${[variable, `${name}_file`].filter(Boolean).join(' or ')}`],
    data: { setting: name, where },
  });
}

function readSetting(rule: SettingRule, value: unknown, where: string): unknown {
  const read = rule.read(value);
  if (read === undefined) throw broken(rule, value, where);
  return read;
}

/** Returns the mapping in a settings file; an empty one if the file is empty. Throws UsageError. */
function settingsMap(content: unknown, where: string): Readonly<Record<string, unknown>> {
  if (content === null || content === undefined) return {};
  if (!isMap(content)) throw new UsageError(`${where}: settings are a mapping`, { data: { where } });
  return content;
}

/** Limits a value to the range that files writable by others may choose from. */
function withinShared({ shared }: SettingRule, value: unknown): unknown {
  if (shared === undefined || typeof value !== 'number') return value;
  const [least, most] = shared;
  return Math.min(Math.max(value, least), most);
}

/** Returns the names of all values in a block: `host`, `tls.ca`. */
function namesIn(block: Readonly<Record<string, unknown>>, before = ''): readonly string[] {
  return Object.entries(block).flatMap(([key, value]) =>
    isMap(value) ? namesIn(value, `${before}${key}.`) : `${before}${key}`,
  );
}

/** Throws UsageError if a driver's block has an option that the driver lacks: a typing error would change the server. */
function checkOptionNames(map: Readonly<Record<string, unknown>>, where: string): void {
  for (const [driver, { options }] of DRIVERS) {
    const block = map[driver];
    if (block === undefined || block === null || Object.keys(options).length === 0) continue;
    if (!isMap(block))
      throw new UsageError(`${where}: ${driver} is a mapping of options`, { data: { where } });
    const unknown = namesIn(block).find((name) => !Object.hasOwn(options, name));
    if (unknown === undefined) continue;
    throw new UsageError(`${where}: ${driver} has no option ${JSON.stringify(unknown.slice(0, 80))}`, {
      suggestions: [`Its options are ${Object.keys(options).join(', ')}`],
      data: { setting: `${driver}.${unknown.slice(0, 80)}`, where },
    });
  }
}

/** Where a setting that a file may not have can be set. */
function placesOf({ flag, variable, places }: SettingRule): string {
  const others = [flag, variable].filter(Boolean);
  if (others.length > 0) return `by ${others.join(' or ')}`;
  return places.includes('files') ? 'in ~/.config/kgit/config.yaml' : `in ${MARKER_FILE}`;
}

/**
 * Reads the settings from the mapping of a file. Throws UsageError for one that is invalid or not allowed there.
 * @param places a setting must be allowed in all of these
 */
function layerOfMap(content: unknown, where: string, places: readonly ('files' | 'kgit.yaml')[]): Layer {
  const map = settingsMap(content, where);
  const layer: Layer = {};
  const { backend } = map;
  if (backend !== undefined) {
    // A kgit.yaml lies in the store that is open already, so it can choose no other driver.
    const known = places.includes('kgit.yaml') ? ['git'] : [...DRIVERS.keys()];
    if (typeof backend !== 'string' || !known.includes(backend))
      throw new UsageError(`${where}: backend ${JSON.stringify(backend)} is not one that this kgit has`, {
        suggestions: [`Use backend: ${known.join(', ')}`],
        data: { setting: 'backend', where },
      });
    layer.backend = backend;
  }
  if (!places.includes('kgit.yaml')) checkOptionNames(map, where);
  for (const rule of SETTING_RULES) {
    const { found, value } = lookUp(map, rule.name.split('.'));
    if (!found) continue;
    if (!places.every((place) => rule.places.includes(place))) {
      throw new UsageError(`${where}: ${rule.name} cannot be set there`, {
        data: { setting: rule.name, where },
        suggestions: [`Set it ${placesOf(rule)}`],
      });
    }
    const read = readSetting(rule, value, where);
    if (rule.isSecret && read !== '' && mayBeReadByOthers(where)) throw notPrivate(rule, where);
    layer[rule.key] = places.includes('kgit.yaml') ? withinShared(rule, read) : read;
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
  // Loaded on demand: most runs have no such file.
  const { parseYaml } = await import('../model/yaml/yaml.js');
  return parseYaml(text, path);
}

/** Whether a file exists that only the user can have written. Warns why any other one is not read. */
function isOwnFile(path: string, { uid, warn }: ConfigSources): boolean {
  const why = strangeness(path, uid);
  if (typeof why === 'string') warn(`${path} ${why}, so it is not read`);
  return why === null;
}

/**
 * Reads a file that can come with a commit: only settings that kgit.yaml may also set count, and nothing in the file
 * ends the command.
 */
async function committedLayer(path: string, { warn }: ConfigSources): Promise<Layer> {
  try {
    const map = settingsMap(await readConfigFile(path), path);
    const layer: Layer = {};
    const ignored: string[] = map['backend'] === undefined || map['backend'] === 'git' ? [] : ['backend'];
    for (const rule of SETTING_RULES) {
      const { found, value } = lookUp(map, rule.name.split('.'));
      if (!found) continue;
      const read = isForAll(rule) ? rule.read(value) : undefined;
      if (read === undefined) ignored.push(rule.name);
      else layer[rule.key] = withinShared(rule, read);
    }
    if (ignored.length > 0) {
      const verb = ignored.length > 1 ? 'are' : 'is';
      warn(
        `${path} can come with a commit of others, so ${ignored.join(', ')} in it ${verb} not applied. ${WAY_OUT}`,
      );
    }
    return layer;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InvalidStateError)) throw error;
    warn(`left alone, for it can come with a commit of others: ${error.message}. ${WAY_OUT}`);
    return {};
  }
}

/** Whether a setting is allowed both in the user's files and in kgit.yaml, which everybody shares. */
function isForAll({ places }: SettingRule): boolean {
  return places.includes('files') && places.includes('kgit.yaml');
}

/** The settings of a file, and the path of that file; null if there is none. */
interface FileLayer {
  readonly layer: Layer;
  readonly path: string | null;
}

const NO_FILE: FileLayer = { layer: {}, path: null };

/** Reads the nearest project file that is the user's alone, and the nearest one that can come with a commit. */
async function projectLayers(sources: ConfigSources): Promise<{ own: FileLayer; committed: FileLayer }> {
  let committed = NO_FILE;
  for (let folder = sources.cwd; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    if (isOwnFile(path, sources)) {
      const isCommittable = isCi(sources.environment) || checkoutOf(folder) !== null;
      if (!isCommittable) {
        const own = layerOfMap(await readConfigFile(path), path, ['files']);
        return { own: { layer: own, path }, committed };
      }
      if (committed === NO_FILE) committed = { layer: await committedLayer(path, sources), path };
    }
    if (dirname(folder) === folder) return { own: NO_FILE, committed };
  }
}

/** Reads the user's own file: as `own`, or as `committed` if it can come with a commit. */
async function userLayers(sources: ConfigSources): Promise<{ own: FileLayer; committed: FileLayer }> {
  const base = ownFolder(sources.environment, 'XDG_CONFIG_HOME', '.config');
  const path = base && join(base.path, 'kgit', 'config.yaml');
  if (!base || !path || !isOwnFile(path, sources)) return { own: NO_FILE, committed: NO_FILE };
  const folder = { path: dirname(path), isElsewhere: base.isElsewhere && isHere(path, sources) };
  return committable(folder, sources.environment) !== null
    ? { own: NO_FILE, committed: { layer: await committedLayer(path, sources), path } }
    : { own: { layer: layerOfMap(await readConfigFile(path), path, ['files']), path }, committed: NO_FILE };
}

/**
 * Whether a file lies in the checkout of the current folder. Other checkouts, such as one of dotfiles, are the user's
 * choice.
 */
function isHere(path: string, { cwd }: ConfigSources): boolean {
  return checkoutOf(dirname(path)) === checkoutOf(cwd);
}

/** Reads the `state_management:` block of the file that --config names. */
async function namedLayer(path: string | undefined, { environment }: ConfigSources): Promise<Layer> {
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
  const checkout = checkoutOfFile(path);
  // The user has named the file, so it is trusted unless others may have changed it since.
  const isShared = checkout !== null && (isCi(environment) || existsSync(join(checkout, MARKER_FILE)));
  return layerOfMap(block, path, isShared ? ['files', 'kgit.yaml'] : ['files']);
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

/** The settings of one source, and which source that is. */
export interface SettingSource {
  readonly layer: Layer;
  readonly kind: 'flag' | 'environment' | 'file';
  /** Path of the file; null for other kinds. */
  readonly path: string | null;
}

/** Reads the settings of every source except the repository's own kgit.yaml, highest precedence first. */
export async function readSources(sources: ConfigSources): Promise<readonly SettingSource[]> {
  const given = withBackend(
    [
      { layer: flagLayer(sources), kind: 'flag', path: null },
      { layer: environmentLayer(sources), kind: 'environment', path: null },
    ],
    sources.backend,
  );
  if (sources.withoutFiles) return withEmbedded(given, sources);
  const named = { layer: await namedLayer(sources.file, sources), path: sources.file ?? null };
  const project = await projectLayers(sources);
  const user = await userLayers(sources);
  const files = [named, project.own, project.committed, user.own, user.committed];
  const all = [...given, ...files.map((file) => ({ ...file, kind: 'file' as const }))];
  return withEmbedded(all, sources);
}

/** Puts a driver that the caller names above all sources. Throws UsageError for one that does not exist. */
function withBackend(found: readonly SettingSource[], backend: string | undefined): readonly SettingSource[] {
  if (backend === undefined) return found;
  if (!DRIVERS.has(backend))
    throw new UsageError(`backend ${JSON.stringify(backend)} is not one that this kgit has`, {
      suggestions: [`Use ${[...DRIVERS.keys()].join(', ')}`],
      data: { setting: 'backend' },
    });
  return [{ layer: { backend }, kind: 'flag', path: null }, ...found];
}

/** Has kgit work without git where there is none and the place allows it, and says so. */
function withEmbedded(
  found: readonly SettingSource[],
  { environment, warn }: ConfigSources,
): readonly SettingSource[] {
  const { repo, backend } = mergeLayers(found.map(({ layer }) => layer));
  const isUrl = repo !== undefined && /^[^/]*:/.test(repo) && !/^https?:/i.test(repo);
  if (chosenDriver({ repo, backend }) !== 'git' || isUrl || findProgram('git', environment['PATH']) !== null)
    return found;
  const settings = { layer: { backend: EMBEDDED }, kind: 'environment' as const, path: null };
  const all = [...found, settings];
  // An explicit backend: git stays.
  if (mergeLayers(all.map(({ layer }) => layer)).backend !== EMBEDDED) return found;
  warn(`git is not in PATH, so kgit works without it (backend: ${EMBEDDED})`);
  return all;
}

/** The settings of every source except the repository's own kgit.yaml. */
export interface LocalSettings {
  /** Of each source, highest precedence first. */
  readonly layers: readonly Layer[];
  /** All of them merged. */
  readonly settings: Settings;
}

/** Merges the settings of these sources, the first of which has the highest precedence. */
export function localSettings(sources: readonly SettingSource[]): LocalSettings {
  const layers = sources.map(({ layer }) => layer);
  return { layers, settings: mergeLayers(layers) };
}

/** Adds the settings of a kgit.yaml, which have the lowest precedence. Throws InvalidStateError. */
export function withMarker(
  { layers, settings }: LocalSettings,
  marker: Readonly<Record<string, unknown>>,
): Settings {
  const layer = markerLayer(marker);
  return Object.keys(layer).length === 0 ? settings : mergeLayers([...layers, layer]);
}

/**
 * Reads the layer of a kgit.yaml, which is its `settings:` block. Throws InvalidStateError, since it is a file of the
 * repository.
 */
export function markerLayer(marker: Readonly<Record<string, unknown>>): Layer {
  try {
    return layerOfMap(marker['settings'], MARKER_FILE, ['kgit.yaml']);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    const { message, suggestions, data } = cause;
    throw new InvalidStateError(message, {
      cause,
      suggestions: [...suggestions, `Look at who changed ${MARKER_FILE}, and put it back`],
      data: { ...data, path: MARKER_FILE },
    });
  }
}

/**
 * Merges layers into the effective settings: for each, the value of the highest layer, else the default. Frozen. `repo`
 * and `backend` both choose a store, so a layer with another `backend` hides the `repo` of lower layers.
 */
export function mergeLayers(layers: readonly Layer[]): Settings {
  const merged: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const layer of [...layers].reverse()) {
    const { repo } = merged;
    if (
      layer.backend !== undefined &&
      typeof repo === 'string' &&
      chosenDriver({ repo, backend: String(layer.backend) }) !== layer.backend
    )
      merged['repo'] = undefined;
    Object.assign(merged, layer);
  }
  return Object.freeze(merged) as unknown as Settings;
}

/** Describes what is wrong with the values of a kgit.yaml; null if they are valid. */
export function markerFault(marker: Record<string, Value>): string | null {
  try {
    checkMarker(marker);
    managementsOf(marker);
    markerLayer(marker);
    return null;
  } catch (error) {
    if (error instanceof InvalidStateError) return error.message;
    throw error;
  }
}

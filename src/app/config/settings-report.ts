/** Reports the value and the origin of each setting. */
import { readFile } from 'node:fs/promises';
import { NotFoundError } from '../../errors.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { lineOf } from '../../review/lines.js';
import { type Layer, markerLayer, mergeLayers, type SettingSource } from '../../setup/config.js';
import { chosenDriver } from '../../setup/drivers.js';
import { actorOf, ciUser } from '../../setup/identity.js';
import { SETTING_RULES, type SettingRule, type Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import { listDeployments, readMarker } from '../../store/read/records.js';
import type { Context } from '../open/configured.js';
import { defaultManagement } from '../open/subjects.js';

/** Where the value of a setting came from. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'file' | 'kgit.yaml' | 'git' | 'default';
  /** The flag, the variable, the file, or the key of git's configuration; null for a default. */
  readonly place: string | null;
  /** The line in the file, from 1; null if unknown. */
  readonly line: number | null;
}

/** A setting with its effective value. */
export interface SettingRow {
  readonly name: string;
  /** As it would be written in a file; null if nothing sets it and there is no default. */
  readonly value: string | boolean | readonly string[] | null;
  readonly origin: Origin;
  readonly about: string;
}

/** The settings of a kgit.yaml, with its text to find the lines. */
interface MarkerSource {
  readonly layer: Layer;
  readonly text: string;
}

/** Values of settings that no source sets, with their origin: git, a CI variable, or the repository. */
type Implied = Readonly<Partial<Record<keyof Settings, Pick<SettingRow, 'value' | 'origin'>>>>;

const DEFAULT_ORIGIN: Origin = { kind: 'default', place: null, line: null };

/** Formats a value as it would be written in a file: durations with their unit. */
function written({ type, isSecret, show }: SettingRule, value: unknown): SettingRow['value'] {
  if (value === undefined || value === null) return null;
  if (show) return show(value);
  if (isSecret) return value === '' ? null : '(set, not shown)';
  if (typeof value === 'number') return type.startsWith('duration') ? durationText(value) : String(value);
  if (typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : String(value);
}

function durationText(ms: number): string {
  const [unit, size] = ms % 3_600_000 === 0 && ms > 0 ? ['h', 3_600_000] : ['s', 1000];
  return `${ms / Number(size)}${unit}`;
}

/** The line, from 1, at which a settings file has a key; null if it cannot be told. */
export async function settingLine(path: string, keys: readonly string[]): Promise<number | null> {
  try {
    const text = await readFile(path, 'utf8');
    // A file that --config names has its settings in a block. A path that does not exist yields line 1.
    return isBlock(text) ? lineOf(text, ['state_management', ...keys]) : lineOf(text, keys);
  } catch {
    // The file was read a moment ago: without it, only the line is unknown.
    return null;
  }
}

const isBlock = (text: string) => /^state_management:/m.test(text);

async function originOf(rule: SettingRule, { kind, path }: SettingSource): Promise<Origin> {
  if (kind === 'flag') return { kind, place: rule.flag ?? null, line: null };
  if (kind === 'environment') return { kind, place: rule.variable ?? null, line: null };
  return { kind, place: path, line: path === null ? null : await settingLine(path, rule.name.split('.')) };
}

async function markerOf({ opened, reading: { view } }: Context): Promise<MarkerSource> {
  const layer = markerLayer(await readMarker(view, opened.path));
  return { layer, text: (await view.read(MARKER_FILE)) ?? '' };
}

/** The user who is recorded, and where the name comes from. */
function impliedUser(
  { settings, opened: { identity } }: Context,
  environment: Environment,
): Pick<SettingRow, 'value' | 'origin'> {
  const { name: value } = actorOf(settings, environment, identity);
  const named = ciUser(environment);
  if (named) return { value, origin: { kind: 'environment', place: named.variable, line: null } };
  if (identity.name !== value) return { value, origin: DEFAULT_ORIGIN };
  return { value, origin: { kind: 'git', place: 'user.name', line: null } };
}

/** Returns the values of settings that nothing sets. */
async function impliedBy(context: Context, environment: Environment): Promise<Implied> {
  const deployments = await listDeployments(context.reading.view);
  const [only] = deployments.length === 1 ? deployments : [];
  const origin = DEFAULT_ORIGIN;
  return {
    repo: { value: context.opened.path, origin },
    management: { value: defaultManagement(context), origin },
    user: impliedUser(context, environment),
    ...(only === undefined ? {} : { deployment: { value: only, origin } }),
  };
}

/** Masks secrets in a row: an address, or a value in the wrong place, may contain one. */
function masked(row: SettingRow): SettingRow {
  const { value } = row;
  return typeof value === 'string' ? { ...row, value: maskSecrets(value) } : row;
}

/**
 * Lists each setting with its value and origin, in the order of the table of settings, without the options of drivers
 * that are not in use. Throws InvalidStateError.
 * @param sources highest precedence first
 * @param context the repository, whose kgit.yaml is a source, too; null if there is none
 */
export async function settingRows(
  sources: readonly SettingSource[],
  context: Context | null,
  environment: Environment,
): Promise<readonly SettingRow[]> {
  const settings = context?.settings ?? mergeLayers(sources.map(({ layer }) => layer));
  const marker = context && (await markerOf(context));
  const implied = context === null ? {} : await impliedBy(context, environment);
  const chosen = chosenDriver(settings);
  const rules = SETTING_RULES.filter(({ driver = chosen }) => driver === chosen);
  const rows = rules.map(async (rule): Promise<SettingRow> => {
    const { key, name, about } = rule;
    const row = { name, value: written(rule, settings[key]), about };
    const source = sources.find(({ layer }) => layer[key] !== undefined);
    if (source) return { ...row, origin: await originOf(rule, source) };
    if (marker?.layer[key] !== undefined) {
      const line = lineOf(marker.text, ['settings', ...name.split('.')]);
      return { ...row, origin: { kind: 'kgit.yaml', place: MARKER_FILE, line } };
    }
    return { ...row, origin: DEFAULT_ORIGIN, ...implied[key] };
  });
  return (await Promise.all(rows)).map(masked);
}

/** Finds the row of a setting by its name in files or its variable. Throws NotFoundError. */
export function settingRow(rows: readonly SettingRow[], key: string): SettingRow {
  const rule = SETTING_RULES.find(
    ({ name, variable }) => name.toLowerCase() === key.toLowerCase() || variable === key,
  );
  const row = rows.find(({ name }) => name === rule?.name);
  if (row) return row;
  throw new NotFoundError(`there is no setting ${JSON.stringify(key.slice(0, 80))}`, {
    suggestions: [`Settings are ${rows.map(({ name }) => name).join(', ')}`],
    data: { key: key.slice(0, 80) },
  });
}

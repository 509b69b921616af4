/** Reports the value and the origin of each setting, for `kgit config`. */
import { readFile } from 'node:fs/promises';
import { lineOf } from '../../review/lines.js';
import { SETTING_RULES, type SettingRule, type Settings } from '../../setup/settings.js';

/** The settings of one source, and which source that is. */
interface SettingPlace {
  readonly layer: Readonly<Partial<Record<keyof Settings, unknown>>>;
  readonly kind: 'flag' | 'environment' | 'file';
  /** Path of the file; null for other kinds. */
  readonly path: string | null;
}

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
export interface MarkerSource {
  readonly layer: SettingPlace['layer'];
  readonly text: string;
  readonly path: string;
}

/** Values of settings that no source sets, with their origin: git, a CI variable, or the repository. */
export type Implied = Readonly<Partial<Record<keyof Settings, { value: string; origin: Origin }>>>;

export const DEFAULT_ORIGIN: Origin = { kind: 'default', place: null, line: null };

/** Formats a value as it would be written in a file: durations with their unit. */
function written({ type }: SettingRule, value: unknown): SettingRow['value'] {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return type.startsWith('duration') ? durationText(value) : String(value);
  if (typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : String(value);
}

function durationText(ms: number): string {
  const [unit, size] = ms % 3_600_000 === 0 && ms > 0 ? ['h', 3_600_000] : ['s', 1000];
  return `${ms / Number(size)}${unit}`;
}

async function fileLine(path: string, rule: SettingRule): Promise<number | null> {
  try {
    const text = await readFile(path, 'utf8');
    const keys = rule.name.split('.');
    // A file that --config names has its settings in a block. A path that does not exist yields line 1.
    return isBlock(text) ? lineOf(text, ['state_management', ...keys]) : lineOf(text, keys);
  } catch {
    // The file was read a moment ago: without it, only the line is unknown.
    return null;
  }
}

const isBlock = (text: string) => /^state_management:/m.test(text);

async function originOf(rule: SettingRule, { kind, path }: SettingPlace): Promise<Origin> {
  if (kind === 'flag') return { kind, place: rule.flag ?? null, line: null };
  if (kind === 'environment') return { kind, place: rule.variable ?? null, line: null };
  return { kind, place: path, line: path === null ? null : await fileLine(path, rule) };
}

/**
 * Lists each setting with its value and origin, in the order of the table of settings.
 * @param settings the effective settings
 * @param sources highest precedence first
 * @param marker that of the repository; null if there is none
 */
export function settingRows(
  settings: Settings,
  sources: readonly SettingPlace[],
  marker: MarkerSource | null,
  implied: Implied,
): Promise<SettingRow[]> {
  return Promise.all(
    SETTING_RULES.map(async (rule) => {
      const { key, name, about } = rule;
      const row = { name, value: written(rule, settings[key]), about };
      const source = sources.find(({ layer }) => layer[key] !== undefined);
      if (source) return { ...row, origin: await originOf(rule, source) };
      if (marker?.layer[key] !== undefined) {
        const line = lineOf(marker.text, ['settings', ...name.split('.')]);
        return { ...row, origin: { kind: 'kgit.yaml' as const, place: marker.path, line } };
      }
      return { ...row, origin: DEFAULT_ORIGIN, ...implied[key] };
    }),
  );
}

/** Formats an origin: `~/.config/kgit/config.yaml:3`, `KGIT_TIMEOUT`, `default`. */
export function originText({ kind, place, line }: Origin): string {
  if (place === null) return kind;
  return kind === 'git' ? `git config ${place}` : line === null ? place : `${place}:${line}`;
}

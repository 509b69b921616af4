/** What each setting is, and which place said so: `kgit config`. */
import { readFile } from 'node:fs/promises';
import { lineOf } from '../../review/lines.js';
import { SETTING_RULES, type SettingRule, type Settings } from '../../setup/settings.js';

/** The settings of one place, and which place that is. */
interface SettingPlace {
  readonly layer: Readonly<Partial<Record<keyof Settings, unknown>>>;
  readonly kind: 'flag' | 'environment' | 'file';
  /** Of a file. */
  readonly path: string | null;
}

/** Where the value of a setting came from. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'file' | 'kgit.yaml' | 'git' | 'default';
  /** The flag, the variable, the file, or the key of git; null for a default. */
  readonly place: string | null;
  /** The line of a file, from 1; null where it is not known. */
  readonly line: number | null;
}

/** A setting as it is in use. */
export interface SettingRow {
  readonly name: string;
  /** As it would be written; null where nothing sets it and there is no default. */
  readonly value: string | boolean | readonly string[] | null;
  readonly origin: Origin;
  readonly about: string;
}

/** The settings of a kgit.yaml, with its text for the lines. */
export interface MarkerSource {
  readonly layer: SettingPlace['layer'];
  readonly text: string;
  readonly path: string;
}

/** What a setting comes to that no place sets, and what said so: git, a variable of CI, or the repository. */
export type Implied = Readonly<Partial<Record<keyof Settings, { value: string; origin: Origin }>>>;

export const DEFAULT_ORIGIN: Origin = { kind: 'default', place: null, line: null };

/** A value as it would be written in a file: durations with their unit. */
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
    // A file that --config names has its settings in a block; line 1 is what a path that is not there comes to.
    return isBlock(text) ? lineOf(text, ['state_management', ...keys]) : lineOf(text, keys);
  } catch {
    // It was read a moment ago: without it the line alone is not known.
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
 * Each setting with its value and where that came from, in the order of the table of settings.
 * @param settings what is in use
 * @param sources highest place first
 * @param marker that of the repository; null where there is none
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

/** `~/.config/kgit/config.yaml:3`, `KGIT_TIMEOUT`, `default` */
export function originText({ kind, place, line }: Origin): string {
  if (place === null) return kind;
  return kind === 'git' ? `git config ${place}` : line === null ? place : `${place}:${line}`;
}

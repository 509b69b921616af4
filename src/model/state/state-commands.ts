import { findSecrets } from '../secret/find-secrets.js';
import { shellWord } from '../value/shell-word.js';
import type { Value } from '../value/value.js';
import { formatStatePath, type StatePath } from './state-path.js';

/** Longest value in a command, in characters of JSON. */
const MAX_VALUE = 1_000;
/** What a terminal might not show as it is; YAML reads the escapes of JSON. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A path that is to hold a value; nothing where `value` is left out. */
export interface WantedValue {
  readonly path: StatePath;
  readonly value?: Value | undefined;
}

/** Sections that `kgit set` begins unasked; other keys at the top must be meant. */
const SECTIONS: readonly unknown[] = ['deployment', 'kof', 'azure', 'aws'];

/** A value as `kgit set` reads it behind `:=`; the word VALUE stands for one that looks secret or is too long to be typed. */
function valueWord(value: Value, path: StatePath): string {
  if (findSecrets(value, path).length > 0) return 'VALUE';
  const text = JSON.stringify(value).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_VALUE ? 'VALUE' : text;
}

/**
 * The commands that give paths of a deployment these values: one `kgit set`, one `kgit unset`, or both.
 * @param flags words that go with each, such as `--propose`
 */
export function stateCommands(
  deployment: string,
  wanted: readonly WantedValue[],
  flags: readonly string[],
): string[] {
  const sets = wanted.flatMap(({ path, value }) =>
    value === undefined ? [] : [`${formatStatePath(path)}:=${valueWord(value, path)}`],
  );
  const unsets = wanted.flatMap(({ path, value }) => (value === undefined ? [formatStatePath(path)] : []));
  const isNewKey = wanted.some(({ path, value }) => value !== undefined && !SECTIONS.includes(path[0]));
  const command = (verb: string, words: readonly string[], own: readonly string[] = []) =>
    words.length === 0
      ? []
      : [['kgit', verb, ...words, '--deployment', deployment, ...own, ...flags].map(shellWord).join(' ')];
  return [...command('set', sets, isNewKey ? ['--create-key'] : []), ...command('unset', unsets)];
}

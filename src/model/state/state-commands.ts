import { findSecrets } from '../secret/find-secrets.js';
import { shellWord } from '../value/shell-word.js';
import type { Value } from '../value/value.js';
import { formatStatePath, type StatePath } from './state-path.js';

/** Longest value in a command, in characters of JSON. */
const MAX_VALUE = 1_000;
/** Characters that a terminal may not show; they are escaped as in JSON, which YAML reads. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A path and its intended value; without `value` the path is removed. */
export interface WantedValue {
  readonly path: StatePath;
  readonly value?: Value | undefined;
}

/** Sections that `kgit set` creates by itself; other top-level keys need --create-key. */
const SECTIONS: readonly unknown[] = ['deployment', 'kof', 'azure', 'aws'];

/** A value as `kgit set` reads it after `:=`; VALUE stands for one that looks secret or is too long to type. */
function valueWord(value: Value, path: StatePath): string {
  if (findSecrets(value, path).length > 0) return 'VALUE';
  const text = JSON.stringify(value).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_VALUE ? 'VALUE' : text;
}

/**
 * The commands that set paths of a deployment to these values: a `kgit set`, a `kgit unset`, or both.
 * @param flags added to each, such as `--propose`
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

import { EXIT_CODES } from '../../errors.js';
import { type ShownConflict, type StateConflict, shownConflict } from '../../model/state/merge-state.js';
import {
  type SecretConflict,
  secretSideText,
  shownSecretConflict,
} from '../../model/team-secret/secret-conflict.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

const MAX_SIDE = 120;

/** Formats the value of one side on one line; `nothing` if there is none. */
function side(value: unknown): string {
  const text = value === undefined ? 'nothing' : oneLine(JSON.stringify(value));
  return text.length > MAX_SIDE ? `${text.slice(0, MAX_SIDE)}…` : text;
}

/** Builds the result of a merge for git, with the paths that are left to decide. */
export function mergeStateResult(
  file: string,
  conflicts: readonly StateConflict[],
  secret?: SecretConflict,
): CommandResult {
  const values = conflicts.map(shownConflict);
  const shown = secret ? [shownSecretConflict(secret)] : values;
  return {
    json: { path: file, conflicts: shown },
    names: shown.map(({ path }) => path),
    rows: shown,
    lines: (screen) => [
      ...values.map((conflict) => conflictLine(file, conflict, screen)),
      ...(secret ? secretLines(file, secret, screen) : []),
    ],
    ...(shown.length > 0 ? { exitCode: EXIT_CODES.CONFLICT } : {}),
  };
}

/** Describes a secret that both sides changed, and how to decide. */
function secretLines(file: string, { path, ours, theirs }: SecretConflict, { style }: Screen): string[] {
  const name = shellWord(file);
  return [
    `${style('red', '✗')} ${oneLine(file)}: the secret ${oneLine(path)}: ours ${oneLine(secretSideText(ours))}, theirs ${oneLine(secretSideText(theirs))}`,
    `  ours is kept; decide: git add ${name}, or git checkout --theirs ${name} && git add ${name}`,
  ];
}

/** Describes a path that the two sides changed in different ways, for people. */
function conflictLine(file: string, { path, base, ours, theirs }: ShownConflict, { style }: Screen): string {
  const was = style('dim', `was ${side(base)}`);
  return `${style('red', '✗')} ${oneLine(file)}: ${oneLine(path)}: ours ${side(ours)}, theirs ${side(theirs)}  ${was}`;
}

import { ConflictError } from '../../errors.js';
import { type ShownConflict, type StateConflict, shownConflict } from '../../model/state/merge-state.js';
import { stateCommands } from '../../model/state/state-commands.js';
import { placeOfPath } from '../../model/subject/place.js';
import {
  type SecretConflict,
  secretSideText,
  shownSecretConflict,
} from '../../model/team-secret/secret-conflict.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { FileConflict, Proposals } from '../../store/port/proposals.js';

const MAX_TOLD = 20;

/** The two branches to join. */
export interface Sides {
  /** The proposal's. */
  readonly branch: string;
  readonly stateBranch: string;
  /** Whether the proposal becomes one commit on top of the state branch. */
  readonly isRebased: boolean;
}

/** A path that both sides changed, a secret, or a whole file if `conflict` is null. */
interface Told {
  readonly file: string;
  readonly conflict: StateConflict | null;
  readonly secret?: SecretConflict;
}

/** The same, in the form of the error's data. */
type ToldJson = { readonly file: string; readonly path: string | null } & Omit<ShownConflict, 'path'>;

function jsonOf({ file, conflict, secret }: Told): ToldJson {
  if (secret) return { file, ...shownSecretConflict(secret) };
  return conflict === null ? { file, path: null } : { file, ...shownConflict(conflict) };
}

/** A value in a message; `nothing` if there is none. */
const shown = (side: unknown) => (side === undefined ? 'nothing' : JSON.stringify(side).slice(0, 120));

function line(told: Told, { branch, stateBranch }: Sides): string {
  const { file, path, ours, theirs, base } = jsonOf(told);
  const { secret } = told;
  if (secret) {
    const sides = `in ${branch} ${secretSideText(secret.ours)}, in ${stateBranch} ${secretSideText(secret.theirs)}`;
    return `${file}: the secret ${path} was changed on both sides: ${sides}`;
  }
  if (path === null) return `${file} was changed on both sides`;
  const sides = `${shown(ours)} in ${branch}, ${shown(theirs)} in ${stateBranch}, was ${shown(base)}`;
  return `${file}: ${path} is ${sides}`;
}

/**
 * The commands that decide conflicts path by path. The proposal first takes the values of the state branch, so that
 * nothing is left to decide and both can be joined. Then the proposal's values that should win are set again on top.
 * Each step leaves its event, so the events of the branch add up to its state whichever side wins.
 */
function decideByPath(told: readonly Told[], { branch, stateBranch, isRebased }: Sides): string[] {
  const byDeployment = new Map<string, StateConflict[]>();
  for (const { file, conflict } of told) {
    const place = placeOfPath(file);
    if (conflict === null || place.kind !== 'state') continue;
    byDeployment.set(place.subject.id, [...(byDeployment.get(place.subject.id) ?? []), conflict]);
  }
  const flags = ['--propose', '--proposal-branch', branch];
  const commands = (side: 'ours' | 'theirs') =>
    [...byDeployment].flatMap(([deployment, conflicts]) =>
      stateCommands(
        deployment,
        conflicts.map((conflict) => ({ path: conflict.path, value: conflict[side] })),
        flags,
      ),
    );
  const resolve = `kgit resolve ${shellWord(branch)}${isRebased ? ' --rebase' : ''}`;
  return [
    ...commands('theirs').map((command) => `Take what ${stateBranch} has: ${command}`),
    `Then join them: ${resolve}`,
    ...commands('ours').map(
      (command) => `Then, where the proposal is to win, set its value again: ${command}`,
    ),
  ];
}

/** The error for a proposal in conflict with the state branch, with the steps that decide it. */
export function resolveConflict(
  sides: Sides,
  files: readonly FileConflict[],
  proposals: Pick<Proposals, 'mergeByHand'>,
): ConflictError {
  const all = files.flatMap(({ file, conflicts, secret }): Told[] =>
    conflicts.length === 0
      ? [{ file, conflict: null, ...(secret ? { secret } : {}) }]
      : conflicts.map((conflict) => ({ file, conflict })),
  );
  const told = all.slice(0, MAX_TOLD);
  const lines = told.map((one) => line(one, sides));
  const more = all.length > told.length ? [`… and ${all.length - told.length} more`] : [];
  const paths = told.filter(({ conflict }) => conflict !== null);
  const whole = files.filter(({ conflicts }) => conflicts.length === 0).map(({ file }) => file);
  return new ConflictError([...lines, ...more].join('\n'), {
    data: { branch: sides.branch, conflicts: all.slice(0, 1000).map(jsonOf) },
    suggestions: [
      // Paths come first: once no value is left to decide, these documents are merged path by path.
      ...(paths.length > 0
        ? decideByPath(paths, sides)
        : proposals.mergeByHand(sides.branch, whole.slice(0, MAX_TOLD))),
      'Or close the proposal, and propose anew what is still wanted',
    ],
  });
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidStateError } from '../../errors.js';
import { mergeData, type StateConflict } from '../../model/state/merge-state.js';
import { editOf, stateDifferences } from '../../model/state/state-diff.js';
import { editState, parseState } from '../../model/state/state-document.js';
import { sameValue, type ValueMap } from '../../model/value/value.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import { type Git, gitFailed } from '../process/git.js';

/** The texts of a three-way merge. */
export interface Sides {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Result of a merge of state documents; the text has conflict markers at the paths in conflict. */
export interface MergedState {
  readonly text: string;
  readonly conflicts: readonly StateConflict[];
}

/** Highest exit code of `git merge-file` that is a number of conflicts. */
const MOST_CONFLICTS = 127;

/** Merges lines as git does; `isClean` if no conflict markers are left. Throws EnvironmentError. */
export async function mergeLines(git: Git, sides: Sides): Promise<{ text: string; isClean: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), 'kgit-merge-'));
  try {
    const names = ['ours', 'base', 'theirs'] as const;
    for (const name of names) await writeFile(join(folder, name), sides[name], { mode: PRIVATE_FILE });
    const labels = names.flatMap((name) => ['-L', name]);
    const args = ['merge-file', '-p', '--diff3', ...labels, '--', ...names];
    const { code, stdout, stderr } = await git.run(args, { cwd: folder });
    if (code > MOST_CONFLICTS) throw gitFailed(['merge-file'], code, stderr);
    return { text: stdout.toString('utf8'), isClean: code === 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Merges `sides` by lines; null unless the result means exactly `data`. */
async function linesWith(git: Git, sides: Sides, data: unknown, file: string): Promise<string | null> {
  const { text, isClean } = await mergeLines(git, sides);
  return isClean && holds(text, data, file) ? text : null;
}

function holds(text: string, data: unknown, file: string): boolean {
  try {
    return sameValue(parseState(text, file), data);
  } catch (error) {
    // The merged lines are not valid YAML.
    if (error instanceof InvalidStateError) return false;
    throw error;
  }
}

/**
 * Merges texts with the same number of lines line by line: git reports changes of neighbouring lines as conflicts. Null
 * unless the result means exactly `data`.
 */
function lineByLine(sides: Sides, data: unknown, file: string): string | null {
  const [base = [], ours = [], theirs = []] = [sides.base, sides.ours, sides.theirs].map((text) =>
    text.split('\n'),
  );
  if (base.length !== ours.length || base.length !== theirs.length) return null;
  const text = ours.map((line, i) => (line === base[i] ? theirs[i] : line)).join('\n');
  return holds(text, data, file) ? text : null;
}

/**
 * Merges two changed versions of a state document path by path, and keeps the comments and the formatting of both. A
 * merge by lines is used if it gives the same data. Otherwise each side first gets the other's changes, so that only
 * comments are left to merge; where those clash, ours stay. Throws InvalidStateError if a side is not a state document.
 */
export async function mergeStateText(git: Git, sides: Sides, file: string): Promise<MergedState> {
  const [base, ours, theirs] = [sides.base, sides.ours, sides.theirs].map((text) => parseState(text, file));
  if (!base || !ours || !theirs) throw new RangeError('a merge has three sides');
  const { data, conflicts } = mergeData(base, ours, theirs);
  const text = conflicts.length === 0 ? await linesWith(git, sides, data, file) : null;
  if (text !== null) return { text, conflicts };
  const brought = (side: string, from: ValueMap) =>
    editState(side, stateDifferences(from, data).map(editOf), file);
  const alike = {
    base: brought(sides.base, base),
    ours: brought(sides.ours, ours),
    theirs: brought(sides.theirs, theirs),
  };
  const merged = (await linesWith(git, alike, data, file)) ?? lineByLine(alike, data, file) ?? alike.ours;
  if (conflicts.length === 0) return { text: merged, conflicts };
  return { text: await withMarkers(git, merged, conflicts, file), conflicts };
}

/** Adds conflict markers at the lines of each path in conflict. */
async function withMarkers(
  git: Git,
  text: string,
  conflicts: readonly StateConflict[],
  file: string,
): Promise<string> {
  const side = (name: 'base' | 'theirs') =>
    editState(
      text,
      conflicts.map((conflict) => editOf({ path: conflict.path, after: conflict[name] })),
      file,
    );
  const sides = { base: side('base'), ours: text, theirs: side('theirs') };
  const { text: marked, isClean } = await mergeLines(git, sides);
  // Without markers, the conflict would look resolved.
  return isClean ? `<<<<<<< ours\n${sides.ours}=======\n${sides.theirs}>>>>>>> theirs\n` : marked;
}

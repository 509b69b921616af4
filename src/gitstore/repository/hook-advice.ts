import { join } from 'node:path';
import { shellWord } from '../../model/value/shell-word.js';
import { lstat } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';

/** The command of the hook. The repository is named, so that no variable names another one. */
export const COMMAND = 'kgit validate --staged --repo .';
/** Fails only if kgit is there and finds an error. */
const GUARDED = `! command -v kgit >/dev/null || ${COMMAND}`;
const LINE = `${GUARDED} || exit 1`;
const IS_SHELL = /^#!.*\b(?:ba|da|k|z)?sh\b/;

/** The pre-commit hook that somebody else wrote. */
export interface ForeignHook {
  readonly path: string;
  /** Empty if it is not a plain file, or too long. */
  readonly text: string;
  readonly workTree: string;
}

/** A program that generates hooks: it drops a line that was added to one, or never reaches it. */
interface Generator {
  readonly name: string;
  isOf(hook: ForeignHook): boolean;
  /** The files that users edit instead, in the order in which the program looks for them. */
  readonly files: readonly [string, ...string[]];
  /** What to add there. */
  readonly addition: string;
}

const GENERATORS: readonly Generator[] = [
  {
    name: 'husky',
    isOf: ({ path }) => path.endsWith('/.husky/_/pre-commit'),
    files: ['.husky/pre-commit'],
    addition: `the line: ${LINE}`,
  },
  {
    name: 'lefthook',
    isOf: ({ text }) => text.includes('lefthook'),
    files: ['lefthook.yml', '.lefthook.yml', 'lefthook.yaml', '.lefthook.yaml', '.config/lefthook.yml'],
    addition: `below "commands" of "pre-commit": kgit: { run: "${GUARDED}" }`,
  },
  {
    name: 'pre-commit',
    isOf: ({ text }) => text.includes('https://pre-commit.com'),
    files: ['.pre-commit-config.yaml'],
    addition: "the hook kgit-validate of kgit's repository, as docs/review.md shows",
  },
];

/** Says how to have somebody's own hook run kgit. */
export async function foreignAdvice(hook: ForeignHook): Promise<string> {
  const { path, text, workTree } = hook;
  const generator = GENERATORS.find(({ isOf }) => isOf(hook));
  if (generator === undefined) {
    if (text === '' || IS_SHELL.test(text))
      return `Add this line directly after the first line of ${path}: ${LINE}`;
    return `Have it run this command, and fail if the command fails: ${COMMAND}`;
  }
  const { name, files, addition } = generator;
  let [file] = files;
  for (const candidate of [...files].reverse())
    if ((await orIfGone(lstat(join(workTree, candidate)), null)) !== null) file = candidate;
  return `${name} generates this hook: add to ${file} ${addition}`;
}

/** Says how to have a hook run kgit that all repositories of a user share. */
export function sharedAdvice(path: string): string {
  return `Add this line directly after the first line (#!/bin/sh) of ${path}: [ ! -f kgit.yaml ] || ${LINE}`;
}

/** Says how to give a repository hooks of its own. All its worktrees share them, so the folder is an absolute one. */
export function ownHooksAdvice(commonDir: string): string {
  return `git config --local core.hooksPath ${shellWord(join(commonDir, 'hooks'))}`;
}

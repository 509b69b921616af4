import { UsageError } from '../../errors.js';

/** A kgit command line that may end with a command of the user's own. */
interface CommandLine {
  readonly words: readonly string[];
  /** Null if there is no `--`. */
  readonly command: readonly string[] | null;
}

/** Splits a command line at `--`. */
export function splitCommand(argv: readonly string[], words: readonly string[]): CommandLine {
  const cut = argv.indexOf('--');
  if (cut < 0) return { words, command: null };
  const command = argv.slice(cut + 1);
  return { words: words.slice(0, words.length - command.length), command };
}

/**
 * Returns the command line if it has a first word, at most `most` words, and a program after any `--`. Throws
 * UsageError otherwise.
 * @param missing the message if the first word is missing
 */
export function checkedCommand(
  line: CommandLine,
  { missing, most, example }: { readonly missing: string; readonly most: number; readonly example: string },
): CommandLine & { readonly words: readonly [string, ...string[]] } {
  const { words, command } = line;
  const [first, ...more] = words;
  const isCut = words.length <= most;
  if (first !== undefined && isCut && command?.[0] !== '' && command?.length !== 0)
    return { words: [first, ...more], command };
  const problem =
    first === undefined ? missing : isCut ? "no command after '--'" : "the command comes after '--'";
  throw new UsageError(problem, { suggestions: [`For example: ${example}`] });
}

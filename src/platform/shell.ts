/** The POSIX shell. Git for Windows brings one, which is not in PATH outside of its own terminal. */

/** Path for programs that want one in SHELL. */
export const SHELL_PATH = '/bin/sh';

/** Returns the program and arguments that run a command line of the user; `args` are its positional parameters from $0 on. */
export function shellCommand(line: string, ...args: readonly string[]): { program: string; args: string[] } {
  return { program: 'sh', args: ['-c', line, ...args] };
}

/** The output of `kgit shell-init`. Loaded before the rest of the program, because scripts evaluate it repeatedly. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPT_PHASES } from '../../model/state/script-phases.js';

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Returns the state library of the deployment scripts for bash.
 * @param root folder of this program's package
 * @param node the Node that runs it
 * @param flags flags for the helper, as given to `kgit shell-init`
 */
export function shellCode(root: string, node: string, flags: readonly string[]): string {
  const library = join(root, 'templates/shell/state-management.bash');
  const head = [
    `__kgit_command=(${[node, join(root, 'bin/run.js')].map(quoted).join(' ')})`,
    `__kgit_flags=(${flags.map(quoted).join(' ')})`,
    '# In the order of execution.',
    `PHASE_SEQUENCE=(${SCRIPT_PHASES.join(' ')})`,
  ].join('\n');
  return `${head}\n\n${readFileSync(library, 'utf8')}\n${answersItself(head, library, flags)}`;
}

/** Defines a shell function that gives this shell and its children the same text without starting kgit. */
function answersItself(head: string, library: string, flags: readonly string[]): string {
  const words = ['shell-init', 'bash', ...flags].join(' ');
  return `# ---- The same again ----

# Scripts evaluate this text more than once, and start others that do. In their shells it is read from the file that it
# comes from, which costs no process. Where kgit is a function of yours, or not in PATH, it stays what it is.
if ! declare -F kgit >/dev/null && hash kgit 2>/dev/null; then
    kgit() {
        if [[ $* == ${quoted(words)} && -r ${quoted(library)} ]]; then
            printf '%s\\n' ${quoted(head)} ${quoted(`. ${quoted(library)}`)}
        else
            command kgit "$@"
        fi
    }
    export -f kgit
fi
`;
}

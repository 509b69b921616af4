import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

export interface FailingKubectl {
  /** Path of the program; its folder may stand first on the PATH. */
  readonly program: string;
  readonly folder: string;
  /** How often it has failed. */
  failures(): number;
}

/**
 * A kubectl that fails with `words` so many times, in calls whose arguments fit the shell pattern `calls`, and is the real
 * one otherwise.
 * @param lines so many bookmarks of a watch are printed before each failure
 */
export function failingKubectl(calls: string, words: string, times: number, lines = 0): FailingKubectl {
  const folder = temporaryFolder();
  const [program, count] = [join(folder, 'kubectl'), join(folder, 'failures')];
  writeFileSync(count, '');
  writeFileSync(
    program,
    `#!/bin/sh
case "$*" in ${calls})
  if [ $(wc -c < '${count}') -lt ${times} ]; then
    printf x >> '${count}'
    i=0; while [ $i -lt ${lines} ]; do echo '{"type":"BOOKMARK","object":{"metadata":{}}}'; i=$((i+1)); done
    echo '${words}' >&2; exit 1
  fi;;
esac
PATH=\${PATH#'${folder}${delimiter}'} exec kubectl "$@"
`,
  );
  chmodSync(program, 0o755);
  return { program, folder, failures: () => readFileSync(count).length };
}

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import type { KgitOptions } from '../kgit.js';

const GIT = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
/** The git commands of a write. */
const COMMANDS = [
  'for-each-ref',
  'cat-file',
  'fast-import',
  'push',
  'fetch',
  'update-ref',
  'ls-files',
  'restore',
  'read-tree',
] as const;

/** When kgit is killed: before git runs, while it runs, or after it is done and before kgit knows. */
export type Moment = 'before' | 'sent' | 'answered';

/** A kill point: kgit's nth run of a git command. */
export interface GitPoint {
  readonly command: string;
  readonly nth: number;
  readonly moment: Moment;
}

const KILL = 'kill -9 $PPID';
const ACTIONS: Readonly<Record<Moment, string>> = {
  before: `${KILL}; exit 1`,
  sent: `${KILL}; exec ${GIT} "$@"`,
  answered: `${GIT} "$@"; code=$?; ${KILL}; exit $code`,
};

/** Puts a `git` first on PATH that counts its runs and acts at one of them. */
function shim(
  commands: readonly string[],
  nth: number,
  action: string,
): { env: Record<string, string>; log: string } {
  const folder = temporaryFolder('kgit-shim-');
  const log = join(folder, 'log');
  const text = `#!/bin/sh
for word; do case "$word" in ${COMMANDS.join('|')}) name=$word; break;; esac; done
echo "$name" >> '${log}'
case "$name" in ${commands.map((command) => `'${command}'`).join('|')})
  if [ "$(grep -cx "$name" '${log}')" = ${nth} ]; then
    ${action}
  fi;;
esac
exec ${GIT} "$@"
`;
  writeFileSync(join(folder, 'git'), text, { mode: 0o755 });
  return { env: { PATH: `${folder}:${process.env['PATH']}` }, log };
}

/** Runs kgit with a git that records its runs. */
export function gitCounted(): KgitOptions & { points(): GitPoint[] } {
  const { env, log } = shim([''], 0, ':');
  return {
    env,
    points: () => {
      const counts = new Map<string, number>();
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .flatMap((command) => {
          const nth = (counts.get(command) ?? 0) + 1;
          counts.set(command, nth);
          // A command that only reads changes nothing on disk, so its points equal those of its neighbours.
          if (command === 'for-each-ref' || command === 'cat-file') return [];
          const moments: Moment[] = ['before', 'sent', 'answered'];
          return moments.map((moment) => ({ command, nth, moment }));
        });
    },
  };
}

/** Runs kgit with a git that kills it at this point. */
export function gitKills({ command, nth, moment }: GitPoint): KgitOptions {
  return { env: shim([command], nth, ACTIONS[moment]).env };
}

/** Runs kgit with a git that is itself killed at its nth run of each of these commands, as when memory is short. */
export function gitDies(commands: readonly string[], nth = 1): KgitOptions {
  return { env: shim(commands, nth, 'kill -9 $$').env };
}

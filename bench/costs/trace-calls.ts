import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Contender, timed } from '../race.js';
import type { Surroundings } from '../surroundings.js';

/** What strace saw of a command and all that it started. */
export interface Traced {
  /** Programs that were started after the command itself, in their order, with git's subcommands, as `git push`. */
  readonly programs: readonly string[];
  /** Files that were opened, folders and devices included. */
  readonly opened: number;
}

const STARTED = /execve\("([^"]+)", \[(.*?)\](?:, .*)?\)\s+= 0$/;
const OPENED = /open(?:at)?\(.*\)\s+= \d+$/;

/** Options of git that stand before its subcommand and have a value of their own. */
const WITH_VALUE = new Set(['-c', '-C', '--git-dir', '--work-tree', '--exec-path']);

/** The name of a started program; of git, with its subcommand. */
function programName(path: string, argv: string): string {
  const name = basename(path);
  if (name !== 'git') return name;
  const words = [...argv.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word).slice(1);
  let i = 0;
  while (words[i]?.startsWith('-')) i += WITH_VALUE.has(words[i] ?? '') ? 2 : 1;
  return `git ${words[i] ?? ''}`.trim();
}

/** Runs a command once under strace. */
export function tracedCalls(surroundings: Surroundings, contender: Contender): Traced {
  const file = join(surroundings.root, 'strace');
  timed(contender, [
    'strace',
    '-f',
    '-qq',
    '-s',
    '256',
    '-e',
    'trace=execve,open,openat',
    '-e',
    'signal=none',
    '-o',
    file,
  ]);
  return readTrace(readFileSync(file, 'utf8'));
}

/**
 * Reads the output of `strace -f -o FILE -e trace=execve,open,openat`. A call that another process interrupts stands in two lines,
 * `<unfinished ...>` and `<... execve resumed>`, which are joined by the process id.
 */
export function readTrace(text: string): Traced {
  const unfinished = new Map<string, string>();
  const calls = text.split('\n').flatMap((line) => {
    const [, pid = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (call.endsWith('<unfinished ...>')) {
      unfinished.set(pid, call.slice(0, -'<unfinished ...>'.length));
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(call);
    return [resumed === null ? call : `${unfinished.get(pid) ?? ''}${resumed[1]}`];
  });
  const started = calls.flatMap((call) => {
    const [, path, argv = ''] = STARTED.exec(call) ?? [];
    return path === undefined ? [] : [programName(path, argv)];
  });
  return { programs: started.slice(1), opened: calls.filter((call) => OPENED.test(call)).length };
}

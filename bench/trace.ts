import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** One git process in git's trace2. */
export interface GitProcess {
  /** The subcommand, such as `push`. */
  readonly name: string;
  /** ms since the epoch. */
  readonly began: number;
  readonly ended: number;
}

interface Line {
  readonly event: string;
  readonly time: string;
  readonly argv?: readonly string[];
  readonly name?: string;
}

function processOf(text: string): GitProcess | null {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  const at = (event: string) => lines.find((line) => line.event === event);
  const [first, last, named] = [at('start'), at('atexit') ?? at('exit'), at('cmd_name')];
  if (!first || !last) return null;
  const program = first.argv?.[0]?.replace(/^.*git-/, '') ?? '';
  return { name: named?.name ?? program, began: Date.parse(first.time), ended: Date.parse(last.time) };
}

/** Reads the git processes from a folder of traces and empties the folder. */
export function takeTrace(folder: string): GitProcess[] {
  const processes = readdirSync(folder).flatMap((file) => {
    const path = join(folder, file);
    const found = processOf(readFileSync(path, 'utf8'));
    rmSync(path);
    return found ?? [];
  });
  return processes.sort((a, b) => a.began - b.began);
}

/**
 * Time in ms that a push waited for the server alone: from the end of the client's last pack-objects to the end of
 * the server's receive-pack. Throws Error if the trace has no push.
 */
export function serverTime(processes: readonly GitProcess[]): number {
  const received = processes.findLast(({ name }) => name === 'receive-pack');
  const packed = processes.findLast(({ name }) => name === 'pack-objects');
  if (!received || !packed) throw new Error('the trace holds no push: was git told to trace?');
  return Math.max(received.ended - Math.max(packed.ended, received.began), 0);
}

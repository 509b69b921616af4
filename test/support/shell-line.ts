import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The result of a line typed into a shell. */
export interface ShellLine {
  /** What a terminal would show. */
  readonly shown: string;
  readonly code: number | null;
  /** The folder that the shell was in afterwards. */
  readonly cwd: string;
}

/** Runs one line in bash. */
export async function runLine(
  line: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ShellLine> {
  const script = `exec 2>&1\n${line}\ncode=$?\npwd >&3\nexit $code`;
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const [shown, folder, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stdio[3] as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { shown, code, cwd: folder.trim() || cwd };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './surroundings.js';

/** A git server over http, in a process of its own. */
export interface Served {
  readonly url: string;
  /** Folder of its repositories. */
  readonly root: string;
  /** The file to which it writes what each request moved. */
  readonly counts: string;
  readonly server: ChildProcess;
}

/** Starts a git server on loopback; the caller ends it. @param latencyMs of a round trip */
export async function serve(surroundings: Surroundings, latencyMs = 0): Promise<Served> {
  const root = surroundings.folder('served');
  const counts = join(surroundings.root, 'counts');
  writeFileSync(counts, '');
  const script = join(surroundings.project, 'node_modules/.cache/kgit/bench/git-server.mjs');
  const args = [script, root, counts, String(latencyMs)];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${port.toString().trim()}`, root, counts, server };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Surroundings } from './surroundings.js';

/** A stand-in for k0rdent in a process of its own. */
export interface ManyClusters {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Starts a stand-in for k0rdent with `count` clusters in the namespace kcm-system. */
export async function manyClusters({ project }: Surroundings, count: number): Promise<ManyClusters> {
  const script = join(project, 'node_modules/.cache/kgit/bench/cluster-server.mjs');
  const server: ChildProcess = spawn(process.execPath, [script, project, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (server.stdout === null) throw new Error('the stand-in has no output');
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return {
    kubeconfig: line.toString('utf8').trim(),
    stop: async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}

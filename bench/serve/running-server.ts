import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Surroundings } from '../surroundings.js';

/** A `kgit serve` under measurement. */
export interface RunningServer {
  readonly url: string;
  /** From the start of the process to the first answer of `/readyz` that says so, in ms. */
  readonly readyMs: number;
  /** Resident memory in MB: the smallest of some looks, because garbage is collected late. */
  memoryMb(): Promise<number>;
  /** How many descriptors the process has open. */
  descriptors(): number;
  stop(): Promise<void>;
}

/** How long a server may take to be ready, in ms. */
const READY_WITHIN_MS = 120_000;

/** Starts `kgit serve` for a repository and a kubeconfig, and waits until it is ready. */
export async function startServer(
  surroundings: Surroundings,
  repository: string,
  kubeconfig: string,
): Promise<RunningServer> {
  const [node, ...args] = surroundings.kgit(
    process.execPath,
    'serve',
    '--listen',
    '127.0.0.1:0',
    '-o',
    'json',
  );
  const began = performance.now();
  const child = spawn(node, args, {
    cwd: surroundings.folder('serve'),
    env: surroundings.env({ KUBECONFIG: kubeconfig, KGIT_REPO: repository }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  while (!(await isReady(url))) {
    if (performance.now() - began > READY_WITHIN_MS) throw new Error('kgit serve is not ready');
    await sleep(20);
  }
  const readyMs = performance.now() - began;
  return {
    ...{ url, readyMs },
    memoryMb: async () => {
      let least = Number.POSITIVE_INFINITY;
      for (let look = 0; look < 20; look++) {
        least = Math.min(least, residentMb(child));
        await sleep(250);
      }
      return least;
    },
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const [url] = /http:\/\/[^"\s]+/.exec(text) ?? [];
    if (url !== undefined && text.includes('\n')) return url.replace(/\/$/, '');
  }
  throw new Error(`kgit serve ended before it listened: ${text}`);
}

async function isReady(url: string): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`);
  return status === 200;
}

function residentMb({ pid }: ChildProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

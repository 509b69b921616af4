import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cached } from './surroundings.js';

/** Node releases for measuring start-up: the oldest supported one, and a current one. */
export const NODES = [20, 24] as const;
const YQ = 'github.com/mikefarah/yq/v4@v4.44.6';

/** A tool that may be unavailable on this machine. */
export type Tool = { readonly path: string } | { readonly missing: string };

function attempt(find: () => string): Tool {
  try {
    return { path: find() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { missing: text.split('\n')[0]?.slice(0, 200) ?? 'unknown' };
  }
}

/** The newest Node of a major version, from the npm package `node`. */
export function nodeOf(major: number): Tool {
  return attempt(() => {
    const folder = cached(`node-${major}`, (place) => {
      const args = ['install', '--prefix', place, '--no-audit', '--no-fund', '--loglevel=error'];
      execFileSync('npm', [...args, `node@${major}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    });
    const path = join(folder, 'node_modules/node/bin/node');
    execFileSync(path, ['--version']);
    return path;
  });
}

/** A program of this machine. */
export function onPath(program: string): Tool {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const path = folders.map((folder) => join(folder, program)).find((each) => existsSync(each));
  return path === undefined ? { missing: `there is no ${program} in PATH` } : { path };
}

function isYq4(path: string): boolean {
  try {
    return / v4\./.test(execFileSync(path, ['--version'], { encoding: 'utf8', stdio: 'pipe' }));
  } catch {
    // Not there, or another program of this name.
    return false;
  }
}

/** yq 4: the one in PATH, or built from its Go module. */
export function yq(): Tool {
  if (isYq4('yq')) return { path: 'yq' };
  return attempt(() => {
    const folder = cached('yq', (place) => {
      execFileSync('go', ['install', YQ], {
        env: { ...process.env, GOBIN: place },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    });
    const path = join(folder, 'yq');
    if (!existsSync(path)) throw new Error('go install left no yq');
    return path;
  });
}

/** The folder of the sops that the tests use, which is built from its Go module if need be. */
export function sopsFolder(project: string): Tool {
  return attempt(() => {
    const script = join(project, 'test/support/sops/install.sh');
    return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  });
}

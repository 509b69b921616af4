import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { until } from '../../support/patience.js';

const GENERATOR = join(import.meta.dirname, '../../../bench/make-repository.mjs');
const GRAPH = 'objects/info/commit-graphs/commit-graph-chain';

function repositoryOf(events: number): string {
  const path = join(temporaryFolder(), 'state.git');
  execFileSync(process.execPath, [GENERATOR, path, String(events), '50']);
  return path;
}

/** A git, first in PATH, that notes each commit-graph it writes, and takes its time over it. */
function slowGraphs(): { env: Record<string, string>; written: () => number } {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\ncase " $* " in *" commit-graph "*) echo 1 >>${log}; sleep 2;; esac\nexec ${real} "$@"\n`;
  writeFileSync(join(folder, 'git'), script);
  chmodSync(join(folder, 'git'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH']}` },
    written: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
}

it('is written after a write to a large repository, and nobody waits for it', async () => {
  const path = repositoryOf(6_000);
  const { env, written } = slowGraphs();
  const push = () => kgitJson(path, ['push-event', 'touched', '--cluster', 'c7'], { env });
  expect((await push()).delivery).toBe('published');
  expect(existsSync(join(path, GRAPH))).toBe(false);
  await until(() => existsSync(join(path, GRAPH)));
  expect(written()).toBe(1);
  git(path, 'commit-graph', 'verify', '--shallow');
  // It is young: the next write leaves it alone.
  await push();
  expect(written()).toBe(1);
});

it('is not written where it is not worth it', async () => {
  const path = repositoryOf(50);
  const { env, written } = slowGraphs();
  await kgitJson(path, ['push-event', 'touched', '--cluster', 'c7'], { env });
  expect(written()).toBe(0);
});

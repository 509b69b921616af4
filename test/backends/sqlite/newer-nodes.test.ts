/** The SQLite of newer Nodes, and the start of the program there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isLong } from '../../support/campaign/size.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { PROGRAM } from '../../support/kgit.js';
import { builtNodes } from '../../support/nodes/built-nodes.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NODES = builtNodes();

if (NODES.length === 0) it('Node 22 and 24 are not here, so their suites do not run', () => undefined);

describe.each(NODES)('Node $major', ({ path, major }) => {
  it('keeps a store in its own SQLite, and one in git', () => {
    const folder = temporaryFolder();
    const env = { ...process.env, KGIT_USER: 'ada' };
    for (const repo of [`sqlite:${join(folder, 'state.db')}`, join(folder, 'git')]) {
      const run = (...args: string[]) => {
        const { stdout, stderr, status } = spawnSync(path, [PROGRAM, ...args], { env, encoding: 'utf8' });
        // Nothing else on stderr: Node 22 says that its SQLite is experimental.
        expect({ status, stderr }, `${args}: ${stdout}`).toEqual({ status: 0, stderr: '' });
        return stdout;
      };
      const isGit = !repo.startsWith('sqlite:');
      run('init', ...(isGit ? [repo] : ['--repo', repo]), '--deployment', 'd');
      run('push-event', 'touched', '--cluster', 'c', '--repo', repo);
      run('set', '--create-key', 'a.b=1', '--deployment', 'd', '--if-absent', 'a.b', '--repo', repo);
      expect(run('get', 'a.b', '--deployment', 'd', '--repo', repo)).toBe('1\n');
      if (!isGit) run('verify', '--repo', repo);
    }
  });

  if (isLong || major === 22)
    it('keeps its contracts in its own SQLite', () => {
      const which = isLong ? 'node:sqlite' : 'node:sqlite keeps the contract of KeySpace';
      const args = ['--config', 'test/support/nodes/vitest.config.ts', '--maxWorkers=1', '-t', which];
      const suite = ['run', ...args, 'test/backends/keyed/key-spaces.test.ts'];
      const told = execFileSync(path, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...suite], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      expect(Number(/Tests .*?(\d+) passed/.exec(told)?.[1]), told).toBeGreaterThan(10);
    });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../../support/kgit.js';

const FILES = 200;
const EVENTS = 50;

/** A `state` folder of so many clusters, each with so many events. */
function manyEvents(files: number, events: number): string {
  const state = join(temporaryFolder('kgit-many-'), 'state');
  mkdirSync(state);
  for (let file = 0; file < files; file++) {
    const entries = Array.from(
      { length: events },
      (_, i) =>
        `  - timestamp: "2025-12-04T01:${String(i % 60).padStart(2, '0')}:00Z"\n    action: cluster_config_recorded\n` +
        `    message: "Template: azure-1-0-${i}, Credential: azure-cluster-identity-cred, DryRun: false"\n`,
    );
    const head = `cluster_name: "c${file}"\ncreated_at: "2025-12-04T01:00:00Z"\nlast_updated: "2025-12-04T02:00:00Z"\n`;
    writeFileSync(join(state, `cluster-c${file}-events.yaml`), `${head}events:\n${entries.join('')}`);
  }
  return state;
}

/** Has the program say at its end what it used: CPU time in ms, memory in MiB. */
function measured(): { env: Record<string, string>; used(): { cpu: number; memory: number } } {
  const folder = temporaryFolder('kgit-used-');
  const [script, result] = [join(folder, 'used.cjs'), join(folder, 'used.json')];
  const text = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(result)}, JSON.stringify(process.resourceUsage())));`;
  writeFileSync(script, text);
  return {
    env: { NODE_OPTIONS: `--require ${script}` },
    used: () => {
      const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(result, 'utf8'));
      return { cpu: (userCPUTime + systemCPUTime) / 1000, memory: maxRSS / 1024 };
    },
  };
}

describe('kgit import of much', () => {
  it('10,000 events in 200 files are one commit, in less than 5 s of CPU time and 300 MiB', async () => {
    const state = manyEvents(FILES, EVENTS);
    const path = temporaryFolder();
    await kgitJson('.', ['init', path]);
    const { env, used } = measured();
    const result = await kgitJson(path, ['import', state], { env });
    expect(result.files).toHaveLength(FILES);
    expect(git(path, 'rev-list', '--count', 'main')).toBe('2');
    const events = git(path, 'ls-tree', '-r', '--name-only', 'main')
      .split('\n')
      .filter((name) => name.includes('/events/'));
    expect(events).toHaveLength(FILES * EVENTS);
    expect(used().memory).toBeLessThan(300);
    expect(used().cpu).toBeLessThan(5_000);
  });

  it('shows on a terminal how far it is, and takes the line away again', async () => {
    const state = manyEvents(20, 2);
    const path = temporaryFolder();
    await kgitJson('.', ['init', path]);
    // `script` gives the program a terminal of its own; what it answers to its question comes from stdin.
    const program = [process.execPath, PROGRAM, 'import', state].join(' ');
    const run = spawnSync(
      'script',
      ['--quiet', '--return', '--echo', 'never', '--command', program, '/dev/null'],
      {
        cwd: path,
        encoding: 'utf8',
        input: 'y\n',
      },
    );
    expect(run.status, run.stdout).toBe(0);
    const shown = (what: string, done: number, filled: number) =>
      `\r\u001b[K${what} [${'='.repeat(filled)}${' '.repeat(20 - filled)}] ${done}/20 files`;
    for (const what of ['reading', 'parsing'])
      for (const done of [1, 10, 20]) expect(run.stdout).toContain(shown(what, done, done));
    const parts = ['reading [', 'parsing [', 'Import this?', '\rpublishing', '✓'].map((part) =>
      run.stdout.replaceAll('\r\u001b[K', '\r').indexOf(part),
    );
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
    // The line is taken away before the plan and before the result.
    expect(run.stdout.slice(run.stdout.lastIndexOf('\u001b[K'))).toMatch(
      /^\u001b\[K(?:\u001b\[\d+m)*✓ published/,
    );
    const piped = await kgit(path, ['import', state]);
    expect(piped.stderr).not.toContain('reading [');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { commits, expectFailure, stateRepository } from '../../support/state-repository.js';

const EVENT = ['push-event', 'x', '--deployment', 'dep-a'];

describe('dates before 1970', () => {
  it('are refused of events, with the reason, whatever the way', async () => {
    const path = stateRepository();
    for (const time of ['1969-12-31T23:59:59Z', '1969-07-20', '1960-01-01 12:00']) {
      const run = await kgit(path, [...EVENT, '--timestamp', time, '--json']);
      expect(expectFailure(run, 'USAGE', 2).message).toContain('lies before 1970');
    }
    const input = '{"subject":"deployment/dep-a","action":"x","timestamp":"1969-12-31T23:59:59Z"}';
    const batch = await kgit(path, ['push-event', '--stdin', '--json'], { input });
    expect(expectFailure(batch, 'USAGE', 2).message).toContain('lies before 1970');
    const state = join(temporaryFolder(), 'state');
    mkdirSync(state);
    const entry = 'cluster_name: c\nevents:\n  - {timestamp: "1969-12-31T23:59:59Z", action: x}\n';
    writeFileSync(join(state, 'cluster-c-events.yaml'), entry);
    const imported = await kgit(path, ['import', state]);
    expect(imported.code).not.toBe(0);
    expect(imported.stdout + imported.stderr).toContain('before 1970');
    expect(commits(path)).toBe(1);
  });

  it('bound what is read, as any other', async () => {
    const path = stateRepository();
    await kgitJson(path, [...EVENT, '--timestamp', '1970-01-01T00:00:00Z']);
    const log = async (...words: string[]) => (await kgitJson(path, ['log', ...words])).events.length;
    expect(await log('--since', '1960-01-01T00:00:00Z')).toBe(1);
    expect(await log('--since', '1960-01-01', '--until', '1970-01-02')).toBe(1);
    expect(await log('--until', '1969-12-31T23:59:59Z')).toBe(0);
    expect(await log('--on', '1969-07-20')).toBe(0);
    const at = await kgit(path, ['get', 'deployment.phase', '--at', '1960-01-01T00:00:00Z', '--json']);
    expectFailure(at, 'NOT_FOUND', 15);
  });
});

describe('links of a run', () => {
  it.each([
    ['https://ci.example.com/p/7', 'https://ci.example.com/p/7'],
    ['javascript:alert(1)', undefined],
    ['file:///etc/passwd', undefined],
  ])('%s: kept as %s', async (url, kept) => {
    const path = stateRepository();
    const { id } = await kgitJson(path, EVENT, { env: { CI_PIPELINE_ID: '7', CI_PIPELINE_URL: url } });
    const { events } = await kgitJson(path, ['log']);
    expect(events).toMatchObject([{ id, run_id: '7' }]);
    expect(events[0].context?.run_url).toBe(kept);
  });
});

describe('keys that are given twice', () => {
  it.each([
    ['NDJSON', '{"subject":"deployment/dep-a","action":"a"}\n{"action":"a","x":{"k":1,"k":2}}\n', 2, 'k'],
    ['YAML', 'subject: deployment/dep-a\naction: a\naction: b\n', 3, 'action'],
  ])('of %s are named with their line, and nothing is written', async (_what, input, line, key) => {
    const path = stateRepository();
    const run = await kgit(path, ['push-event', '--stdin', '--json'], { input });
    const { message } = expectFailure(run, 'USAGE', 2);
    expect(message).toContain(`line ${line}: the key ${JSON.stringify(key)} is given twice`);
    expect(commits(path)).toBe(1);
  });
});

describe('an outbox that cannot be written', () => {
  it('on a read-only disk: is named, with what to do', async () => {
    const path = stateRepository();
    const folder = join(path, '.git/kgit');
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['--bind', folder, folder]);
    try {
      execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
      const run = await kgit(path, [...EVENT, '--json']);
      const { message, suggestions } = expectFailure(run, 'ENVIRONMENT', 18);
      expect(message).toBe(
        `the outbox in ${join(folder, 'outbox')} cannot be written: it is read-only for you; nothing was written`,
      );
      expect(suggestions).toEqual([`Make ${folder} writable for you`, expect.stringContaining('--repo URL')]);
    } finally {
      execFileSync('umount', [folder]);
    }
    expect(commits(path)).toBe(1);
  });
});

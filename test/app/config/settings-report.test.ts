import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingRow, settingRows } from '../../../src/app/config/settings-report.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit } from '../../support/store-contract.js';

const MARKER =
  'apiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  eu-hub: {}\nsettings:\n  publish:\n    keep: 2h\n';

/** A repository in memory with this kgit.yaml, and one deployment. */
async function context() {
  const store = new MemoryStore();
  const state = 'deployment:\n  deployment_id: dep-a\n';
  await store.swap(null, [commit({ 'kgit.yaml': MARKER, 'deployments/dep-a/state.yaml': state })], 0);
  const memory = memoryContext({ publishKeep: 7_200_000 }, store);
  const { context: opened, read } = memory;
  return { ...opened, ...(await read()), managements: new Map([['eu-hub', []]]) };
}

describe('the settings', () => {
  it('come from the first source that has them, each with its place', async () => {
    const file = join(temporaryFolder(), 'config.yaml');
    writeFileSync(file, '# mine\nread:\n  maxAge: 5m\ntimeout: 9s\n');
    const sources = [
      { layer: { timeout: 5_000 }, kind: 'flag', path: null },
      { layer: { namespace: 'team-a' }, kind: 'environment', path: null },
      { layer: { readMaxAge: 300_000, timeout: 9_000 }, kind: 'file', path: file },
    ] as const;
    const rows = await settingRows(sources, null, {});
    const of = (name: string) => settingRow(rows, name);
    expect(of('timeout')).toMatchObject({ value: '5s', origin: { kind: 'flag', place: '--timeout' } });
    expect(of('namespace')).toMatchObject({ value: 'team-a', origin: { place: 'KGIT_NAMESPACE' } });
    expect(of('read.maxAge')).toMatchObject({
      value: '300s',
      origin: { kind: 'file', place: file, line: 3 },
    });
    expect(of('locks')).toMatchObject({ value: 'refs', origin: { kind: 'default', place: null } });
  });

  it('come from kgit.yaml, or follow from the repository and the user', async () => {
    const ada = await context();
    Object.assign(ada.opened, { identity: { name: 'Grace', email: 'grace@example.com' } });
    const of = async (environment: Record<string, string>) => {
      const rows = await settingRows([], ada, environment);
      return (name: string) => settingRow(rows, name);
    };
    const here = await of({});
    expect(here('publish.keep')).toMatchObject({ value: '2h', origin: { kind: 'kgit.yaml', line: 7 } });
    expect(here('management')).toMatchObject({ value: 'eu-hub', origin: { kind: 'default' } });
    expect(here('deployment')).toMatchObject({ value: 'dep-a', origin: { kind: 'default' } });
    expect(here('user')).toMatchObject({ value: 'Grace', origin: { kind: 'git', place: 'user.name' } });
    const inCi = await of({ GITHUB_ACTOR: 'octo' });
    expect(inCi('user')).toMatchObject({ value: 'octo', origin: { place: 'GITHUB_ACTOR' } });
  });

  it('show no secret', async () => {
    const repo = 'https://ada:ghp_0123456789abcdefghijklmnopqrstuvwxyz@git.example.com/x.git';
    const [row] = (
      await settingRows([{ layer: { repo }, kind: 'environment', path: null }], null, {})
    ).filter(({ name }) => name === 'repo');
    expect(row?.value).not.toContain('0123456789');
  });

  it('are found by name, in any case, and by variable', async () => {
    const rows = await settingRows([], null, {});
    for (const key of ['read.maxAge', 'READ.MAXAGE', 'KGIT_READ_MAX_AGE'])
      expect(settingRow(rows, key).value).toBe('60s');
    expect(() => settingRow(rows, 'nope')).toThrow(/there is no setting "nope"/);
  });
});

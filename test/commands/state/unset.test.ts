import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  stateRepository,
} from '../../support/state-repository.js';

describe('kgit unset', () => {
  it('takes paths out, all at once, and keeps what people wrote around them', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, ['unset', 'deployment.phase', 'deployment.count', 'kof.none']);
    expectResult(json, 'Unset');
    expectPublished(json);
    expect(json.changed).toEqual([
      { path: 'deployment.phase', before: 'setup_network' },
      { path: 'deployment.count', before: 3 },
    ]);
    const state = readFileSync(join(path, 'deployments/dep-a/state.yaml'), 'utf8');
    expect(state).toBe('# kept by the team\ndeployment:\n  deployment_id: dep-a # do not change\n');
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a']);
    expect(events.map(({ changes }: { changes: unknown }) => changes)).toEqual([json.changed]);
  });

  it('takes a missing path for no change: exit 0, no commit', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, ['unset', 'kof.version', 'azure']);
    expect(json).toMatchObject({ changed: [], delivery: 'unchanged' });
    expect(commits(path)).toBe(1);
  });

  it('refuses no path (2), a bad path (2) and an unknown deployment (15)', async () => {
    const path = stateRepository();
    const [none, bad, unknown] = await inTurn([
      () => kgit(path, ['unset', '--json']),
      () => kgit(path, ['unset', 'a..b', '--json']),
      () => kgit(path, ['unset', 'a', '--deployment', 'other', '--json']),
    ]);
    expectFailure(none, 'USAGE', 2);
    expectFailure(bad, 'USAGE', 2);
    expectFailure(unknown, 'NOT_FOUND', 15);
  });
});

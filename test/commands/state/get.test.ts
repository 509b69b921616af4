import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import {
  commitFiles,
  expectFailure,
  expectResult,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const KINDS = `text: "1.10"
number: 1.5
nothing: null
yes: true
empty: ""
bell: "a\\ab\\r\\nc"
map: {b: 1, a: [x, z]}
hosts: {a.b: {ip: 10.0.0.1}}
`;

describe('kgit get', () => {
  it('prints a scalar raw, null as null, a mapping and a list as YAML', async () => {
    const path = stateRepository({ 'deployments/dep-a/state.yaml': KINDS });
    const expected: Record<string, string> = {
      text: '1.10\n',
      number: '1.5\n',
      nothing: 'null\n',
      yes: 'true\n',
      empty: '\n',
      bell: 'a\u0007b\r\nc\n',
      map: 'b: 1\na:\n  - x\n  - z\n',
      'map.a.1': 'z\n',
      'hosts."a.b".ip': '10.0.0.1\n',
    };
    const runs = await inTurn(Object.keys(expected).map((name) => () => kgit(path, ['get', name])));
    expect(runs.map(({ stdout }) => stdout)).toEqual(Object.values(expected));
  });

  it('gives path and value as JSON', async () => {
    const path = stateRepository({ 'deployments/dep-a/state.yaml': KINDS });
    const [one, whole] = await inTurn([() => kgitJson(path, ['get', 'map']), () => kgitJson(path, ['get'])]);
    expectResult(one, 'Get');
    expect(one).toMatchObject({ path: 'map', value: { b: 1, a: ['x', 'z'] } });
    expect(whole).toMatchObject({ path: '', value: { number: 1.5, nothing: null } });
  });

  it('prints nothing on stdout for a missing path and exits 15; in JSON it tells the error', async () => {
    const path = stateRepository();
    const [text, yaml, json] = await inTurn([
      () => kgit(path, ['get', 'kof.version']),
      () => kgit(path, ['get', 'kof.version', '-o', 'yaml']),
      () => kgit(path, ['get', 'kof.version', '--json']),
    ]);
    for (const run of [text, yaml]) expect(run).toMatchObject({ code: 15, stdout: '' });
    expect(expectFailure(json, 'NOT_FOUND', 15).data).toMatchObject({
      deployment: 'dep-a',
      path: 'kof.version',
    });
  });

  it('prints --default as it was given where the path is missing, and only there', async () => {
    const path = stateRepository();
    const [text, typed, there] = await inTurn([
      () => kgit(path, ['get', 'kof.version', '--default', '1.10']),
      () => kgitJson(path, ['get', 'kof.on', '--default', 'true']),
      () => kgit(path, ['get', 'deployment.phase', '--default', 'x']),
    ]);
    expect(text).toMatchObject({ code: 0, stdout: '1.10\n' });
    expect(typed.value).toBe(true);
    expect(there.stdout).toBe('setup_network\n');
  });

  it('reads the state as it was at a revision, a tag or a time', async () => {
    const path = stateRepository();
    const dates = ['2025-03-01T12:00:00Z', '2025-03-02T12:00:00Z', '2025-03-03T12:00:00Z'];
    for (const [i, date] of dates.entries())
      commitFiles(path, { 'deployments/dep-a/state.yaml': `phase: p${i}\n` }, date);
    git(path, 'tag', 'before-upgrade', 'HEAD~1');
    const expected: Record<string, string> = {
      [git(path, 'rev-parse', '--short=8', 'HEAD~2')]: 'p0',
      'before-upgrade': 'p1',
      'HEAD~1': 'p1',
      '2025-03-02T12:00:00Z': 'p1',
      '1h': 'p2',
    };
    const runs = await inTurn(
      Object.keys(expected).map((at) => () => kgit(path, ['get', 'phase', '--at', at])),
    );
    expect(runs.map(({ stdout }) => stdout.trim())).toEqual(Object.values(expected));
  });

  it('takes no option of git for a revision: 15', async () => {
    const path = stateRepository();
    const runs = await Promise.all(
      ['deadbeefdeadbeef', '--all'].map((at) => kgit(path, ['get', `--at=${at}`, '--json'])),
    );
    for (const run of runs) expectFailure(run, 'NOT_FOUND', 15);
  });

  it('asks the remote where its answer is old or --fetch says so, and not with --no-fetch', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    expect((await kgitJson(path, ['get', 'deployment.count', '--no-fetch'])).repository.fetchedAt).toBeNull();
    const fetched = await kgitJson(path, ['get', 'deployment.count']);
    expect(Date.parse(fetched.repository.fetchedAt)).toBeGreaterThan(Date.now() - PATIENCE_MS);
    const other = cloneOf(remote);
    commitFiles(other, { 'deployments/dep-a/state.yaml': 'deployment: {count: 9}\n' });
    git(other, 'push', '--quiet', remote, 'HEAD:main');
    const count = async (...more: string[]) =>
      (await kgit(path, ['get', 'deployment.count', ...more])).stdout;
    expect(await count()).toBe('3\n');
    expect(await count('--fetch')).toBe('9\n');
  });

  it('answers from what is here when the remote does not answer, and says so; --fetch is an error', async () => {
    const path = stateRepository();
    git(path, 'remote', 'add', 'origin', 'http://127.0.0.1:1/x.git');
    git(path, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    const [stale, strict, never] = await inTurn([
      () => kgit(path, ['get', 'deployment.count']),
      () => kgit(path, ['get', 'deployment.count', '--fetch', '--json']),
      () => kgit(path, ['get', 'deployment.count', '--no-fetch']),
    ]);
    expect(stale).toMatchObject({ code: 0, stdout: '3\n' });
    expect(stale.stderr).toContain('never fetched');
    expectFailure(strict, 'REMOTE', 16);
    expect(never).toMatchObject({ code: 0, stdout: '3\n' });
    expect(never.stderr).toContain('never fetched');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annotations } from '../../../src/cli/render/finding-lines.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import {
  commitFiles,
  expectFailure,
  expectResult,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const CLUSTER = 'clusters/default/kcm-system/c1/events';
const TIME = Date.UTC(2025, 6, 11, 14, 30);
const idOf = (n: number, time = TIME) => makeUlid(time, BigInt(n));
const eventText = (id: string, more = '', time = '2025-07-11T14:30:00Z') =>
  `id: ${id}\ntimestamp: "${time}"\naction: touched\n${more}`;
const pathOf = (id: string, action = 'touched') => `${CLUSTER}/2025-07/${id}-${action}.yaml`;

const found = ({ json }: KgitRun): string[] =>
  json.findings.map(({ rule, path, line }: Record<string, unknown>) => `${rule} ${path}:${line}`);
const check = (path: string, ...args: string[]) => kgit(path, ['validate', '--json', ...args]);
const set = (path: string, ...words: string[]) => kgitJson(path, ['set', ...words, '--deployment', 'dep-a']);

describe('kgit validate, file by file', () => {
  it('finds nothing in what kgit writes, secrets that were meant and sealed months included', async () => {
    const path = stateRepository();
    await set(path, 'deployment.phase=b', 'kof.list:=[1, {a: b}]');
    await set(path, 'deployment.password=Xk29dKq81zPw77aB', '--allow-secret', 'a test');
    await kgitJson(path, [
      'push-event',
      'touched',
      '--cluster',
      'c1',
      '--notes',
      'a\n  b: c\n\nd',
      '--param',
      'x:=[1,{y: z}]',
    ]);
    await kgitJson(path, [
      'push-event',
      'touched',
      '--cluster',
      'c1',
      '--timestamp',
      '2025-07-11T14:30:00.120Z',
    ]);
    await kgitJson(path, ['compact', '--before', 'today']);
    const run = await check(path);
    expect(run.json.findings).toEqual([]);
    expect(run).toMatchObject({ code: 0 });
    expectResult(run.json, 'Validate');
    expect(run.json).toMatchObject({ total: 0, base: null, events: 4 });
  });

  it('tells each fault by its rule, file and line, and exits 3', async () => {
    const [a, b, c, d, e, f, g] = Array.from({ length: 7 }, (_, n) => idOf(n)) as [string, ...string[]] &
      string[];
    const future = idOf(9, Date.UTC(2099, 0, 1));
    const path = stateRepository({
      [pathOf(a as string)]: eventText(a as string, 'user: 12\nduration_seconds: -1\n'),
      [pathOf(b as string)]: eventText(c as string),
      [pathOf(d as string)]: 'id: [\n',
      [pathOf(e as string)]: eventText(e as string, '', '2025-07-12T14:30:00Z'),
      [pathOf(f as string)]: eventText(f as string, 'parameters:\n  admin_password: Xk29dKq81zPw77aB\n'),
      [pathOf(g as string)]: eventText(g as string),
      [pathOf(g as string, 'other')]: eventText(g as string).replace('touched', 'other'),
      [`${CLUSTER}/2099-01/${future}-touched.yaml`]: eventText(future, '', '2099-01-01T00:00:00Z'),
      [`${CLUSTER}/2025-07/notes.txt`]: 'x\n',
      [`clusters/default/kcm-system/C1/events/2025-07/${a}-touched.yaml`]: eventText(a as string),
      'deployments/dep-b/state.yaml': 'deployment:\n  phases:\n    a: {status: done}\nkof: 3\n',
      'deployments/dep-a/README.md': 'the team\n',
      'kgit.yaml': 'apiVersion: kgit/v9\nkind: StateRepository\n',
    });
    symlinkSync('kgit.yaml', join(path, 'deployments/dep-a/link.yaml'));
    mkdirSync(join(path, 'docs'));
    symlinkSync('../kgit.yaml', join(path, 'docs/link'));
    execFileSync('chmod', ['+x', join(path, 'deployments/dep-a/state.yaml')]);
    commitFiles(path, {});
    const run = await check(path);
    expect(run.code).toBe(3);
    expect(found(run).sort()).toEqual(
      [
        `event-schema ${pathOf(a as string)}:4`,
        `event-schema ${pathOf(a as string)}:5`,
        `event-place ${pathOf(b as string)}:1`,
        `yaml ${pathOf(d as string)}:2`,
        `event-time ${pathOf(e as string)}:2`,
        `secret ${pathOf(f as string)}:4`,
        `event-id ${pathOf(g as string)}:null`,
        `event-time ${CLUSTER}/2099-01/${future}-touched.yaml:2`,
        `file-place ${CLUSTER}/2025-07/notes.txt:null`,
        `file-place clusters/default/kcm-system/C1/events/2025-07/${a}-touched.yaml:null`,
        'state-schema deployments/dep-b/state.yaml:3',
        'state-schema deployments/dep-b/state.yaml:4',
        'marker kgit.yaml:null',
        'file-kind deployments/dep-a/link.yaml:null',
        'file-kind docs/link:null',
        'file-kind deployments/dep-a/state.yaml:null',
      ].sort(),
    );
    expect(run.stdout).not.toContain('Xk29dKq81zPw77aB');
    const github = await kgit(path, ['validate', '--format', 'github']);
    expect(github.code).toBe(3);
    expect(github.stdout.trim().split('\n')).toHaveLength(16);
    expect(github.stdout).toContain(`::error file=${pathOf(e as string)},line=2,title=kgit%3A event-time::`);
    expect((await kgit(path, ['validate', '--format', 'json'])).stdout).toBe(run.stdout);
  });

  it('refuses a file that is too large without reading it, and a repository that is none', async () => {
    const id = idOf(1);
    const path = stateRepository({ [pathOf(id)]: eventText(id, `notes: ${'x'.repeat(9 << 20)}\n`) });
    expect(found(await check(path))).toEqual([`file-size ${pathOf(id)}:null`]);
    rmSync(join(path, 'kgit.yaml'));
    commitFiles(path, {});
    expect(found(await check(path))).toContain('marker kgit.yaml:null');
    expectFailure(await check(temporaryFolder()), 'NO_REPO', 10);
  });

  it('escapes what it annotates', () => {
    const finding = {
      severity: 'error',
      rule: 'yaml',
      path: 'a,b:c%.yaml',
      line: 2,
      message: 'x\r\ny 100%',
      fix: null,
    };
    expect(annotations([finding as never])).toEqual([
      '::error file=a%2Cb%3Ac%25.yaml,line=2,title=kgit%3A yaml::x%0D%0Ay 100%25',
    ]);
  });
});

describe('kgit validate --base', () => {
  it('finds nothing where the base gained events meanwhile, and sealed months', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    git(path, 'switch', '--quiet', '-c', 'proposal');
    await kgitJson(path, [
      'set',
      'deployment.phase=b',
      '--repo',
      '.#proposal',
      '--queue',
      '--deployment',
      'dep-a',
    ]);
    const other = cloneOf(remote);
    const events = Array.from({ length: 100 }, (_, n) =>
      JSON.stringify({ subject: 'cluster/c1', action: 'touched', id: idOf(n) }),
    );
    await kgitJson(other, ['push-event', '--stdin'], { input: events.join('\n') });
    await kgitJson(other, ['compact', '--before', 'today']);
    const run = await check(path, '--base', 'origin/main');
    expect(run.json.findings).toEqual([]);
    expect(run.json.base).toBe(git(path, 'rev-parse', 'HEAD'));
  });

  it('proves of a sealing commit that it lost and changed nothing, and finds where one did', async () => {
    const path = stateRepository();
    const events = [0, 1, 2].map((n) =>
      JSON.stringify({ subject: 'cluster/c1', action: 'touched', id: idOf(n), notes: `n ${n}` }),
    );
    await kgitJson(path, ['push-event', '--stdin'], { input: events.join('\n') });
    await kgitJson(path, ['compact', '--before', 'today']);
    expect((await check(path, '--base', 'HEAD~1')).json.findings).toEqual([]);
    const file = `${CLUSTER}/2025-07.yaml`;
    const sealed = git(path, 'show', `HEAD:${file}`);
    const cut = sealed.indexOf(`  - id: ${idOf(2)}`);
    commitFiles(path, { [file]: `${sealed.slice(0, cut)}`.replace('n 1', 'n 9') });
    for (const base of ['HEAD~1', 'HEAD~2']) {
      const run = await check(path, '--base', base);
      expect(found(run)).toEqual([`event-changed ${file}:null`, `event-removed ${pathOf(idOf(2))}:null`]);
      expect(run.code).toBe(3);
    }
  });

  it('finds events that were edited, renamed or taken away, and a state without its event', async () => {
    const path = stateRepository();
    const ids = [0, 1, 2].map((n) => idOf(n));
    const events = ids.map((id) => JSON.stringify({ subject: 'cluster/c1', action: 'touched', id }));
    await kgitJson(path, ['push-event', '--stdin'], { input: events.join('\n') });
    const state = 'deployments/dep-a/state.yaml';
    await set(path, 'deployment.phase=b', 'kof.on=true');
    git(path, 'tag', 'base');
    commitFiles(path, {
      [pathOf(ids[0] as string)]:
        `${git(path, 'show', `HEAD:${pathOf(ids[0] as string)}`)}\nmessage: later\n`,
      [state]: git(path, 'show', `HEAD:${state}`).replace('phase: b', 'phase: it is c'),
    });
    rmSync(join(path, pathOf(ids[1] as string)));
    commitFiles(path, {});
    await set(path, 'deployment.count=7');
    const run = await check(path, '--base', 'base');
    expect(found(run)).toEqual([
      `event-changed ${pathOf(ids[0] as string)}:null`,
      `event-removed ${pathOf(ids[1] as string)}:null`,
      `state-without-event ${state}:4`,
    ]);
    const [, , { message, fix }] = run.json.findings;
    expect(message).toBe('deployment.phase is "it is c", but the events say "b"');
    const [, restore, again] =
      /^(git checkout .*), then make the change with its event: (.*)$/.exec(fix) ?? [];
    execFileSync('sh', ['-c', restore as string], { cwd: path });
    git(path, 'commit', '--quiet', '-am', 'back');
    expect(again).toBe(`kgit set 'deployment.phase:="it is c"' deployment.count:=7 --deployment dep-a`);
    await set(path, 'deployment.phase=it is c', 'deployment.count=7');
    expect(found(await check(path, '--base', 'base'))).toEqual([
      `event-changed ${pathOf(ids[0] as string)}:null`,
      `event-removed ${pathOf(ids[1] as string)}:null`,
    ]);
    const folder = join(path, CLUSTER, '2025-07');
    renameSync(join(folder, `${ids[2]}-touched.yaml`), join(folder, `${ids[2]}-moved.yaml`));
    commitFiles(path, {});
    expect(found(await check(path, '--base', 'HEAD~1'))).toEqual([
      `event-place ${pathOf(ids[2] as string, 'moved')}:1`,
      `event-removed ${pathOf(ids[2] as string)}:null`,
    ]);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('exits 2 in a shallow clone without the merge base, and works once its command was run', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    for (const count of ['4', '5', '6']) await set(path, `deployment.count=${count}`);
    const shallow = temporaryFolder();
    git(shallow, 'clone', '--quiet', '--depth=1', '--single-branch', `file://${remote}`, '.');
    git(shallow, 'switch', '--quiet', '--detach');
    await set(path, 'deployment.count=8');
    const old = git(path, 'rev-parse', 'HEAD~3');
    git(shallow, 'fetch', '--quiet', '--depth=1', 'origin', old);
    const error = expectFailure(await check(shallow, '--base', old), 'USAGE', 2);
    expect(error.suggestions[0]).toContain(error.data.fetch);
    execFileSync('sh', ['-c', error.data.fetch], { cwd: shallow, stdio: 'ignore' });
    expect((await check(shallow, '--base', old)).json.findings).toEqual([]);
  });

  it('says where to find the base, and how to fetch it only where there is a remote', async () => {
    const alone = expectFailure(await check(stateRepository(), '--base', 'no-such'), 'NOT_FOUND', 15);
    expect(alone.suggestions).toEqual(["See 'git log' for revisions"]);
    const { suggestions } = expectFailure(
      await check(cloneOf(sharedState()), '--base', 'no-such'),
      'NOT_FOUND',
      15,
    );
    expect(suggestions.join()).toContain("'git fetch origin'");
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { formatSealedMonth } from '../../../src/model/event/sealed-month.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { changedRecipients } from '../../../src/model/team-secret/sops-config.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { bareRepository, emptyRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { ADA, BEN, sealed } from '../../support/sops/sealed-secret.js';
import { commitFiles, expectFailure, MARKER, stateRepository } from '../../support/state-repository.js';

const MONTH = 'clusters/default/kcm-system/c1/events/2025-07';
const TIME = Date.UTC(2025, 6, 11, 14, 30);
const idOf = (n: number) => makeUlid(TIME, BigInt(n));
const eventText = (id: string, more = '') =>
  `id: ${id}\ntimestamp: "2025-07-11T14:30:00Z"\naction: touched\n${more}`;
const pathOf = (id: string, action = 'touched') => `${MONTH}/${id}-${action}.yaml`;
const STATE = 'deployments/dep-a/state.yaml';

const put = (path: string, file: string, text: string) => {
  mkdirSync(dirname(join(path, file)), { recursive: true });
  writeFileSync(join(path, file), text);
};
const stage = (path: string, file: string, text: string) => {
  put(path, file, text);
  git(path, 'add', '--', file);
};
const check = (path: string, env: Readonly<Record<string, string>> = {}) =>
  kgit(path, ['validate', '--staged', '--json'], { env });
const found = ({ json }: KgitRun): string[] =>
  json.findings.map(({ rule, path, line }: Record<string, unknown>) => `${rule} ${path}:${line}`);

it('checks what is in the index, not what is in the folder, and no file that is not staged', async () => {
  const path = stateRepository({ [pathOf(idOf(1))]: 'broken: [\n' });
  put(path, 'clusters/default/kcm-system/c1/events/stray.yaml', 'a: 1\n');
  stage(path, pathOf(idOf(2)), eventText(idOf(2)));
  put(path, pathOf(idOf(2)), 'broken: [\n');
  const sound = await check(path);
  expect(found(sound)).toEqual([]);
  expect(sound).toMatchObject({ code: 0, json: { files: 1, events: 1, base: null, history: null } });
  expect(sound.json.repository.revision).toBe(git(path, 'rev-parse', 'HEAD'));

  stage(path, pathOf(idOf(2)), 'broken: [\n');
  put(path, pathOf(idOf(2)), eventText(idOf(2)));
  stage(path, 'clusters/default/kcm-system/c1/events/stray.yaml', 'a: 1\n');
  mkdirSync(join(path, 'clusters/x'));
  symlinkSync('/etc/passwd', join(path, 'clusters/x/link'));
  git(path, 'add', 'clusters/x/link');
  const broken = await check(path);
  expect(broken.code).toBe(3);
  expect(found(broken)).toEqual([
    'file-place clusters/default/kcm-system/c1/events/stray.yaml:null',
    'file-kind clusters/x/link:null',
    `yaml ${pathOf(idOf(2))}:2`,
  ]);
  // The advice works on what is staged and never was committed, and leaves the file on disk.
  const [{ fix }] = broken.json.findings;
  execFileSync('sh', ['-c', /git rm[^)]*/.exec(fix)?.[0] ?? 'false'], { cwd: path });
  expect(found(await check(path))).toHaveLength(2);
});

it('finds committed events that are edited or removed, ids that are taken, and a missing kgit.yaml', async () => {
  const path = stateRepository({
    [pathOf(idOf(1))]: eventText(idOf(1)),
    [pathOf(idOf(2))]: eventText(idOf(2)),
    [pathOf(idOf(3))]: eventText(idOf(3)),
  });
  stage(path, pathOf(idOf(1)), eventText(idOf(1), 'message: other\n'));
  git(path, 'rm', '--quiet', '--cached', pathOf(idOf(2)), 'kgit.yaml');
  stage(path, pathOf(idOf(3), 'noted'), eventText(idOf(3)).replace('touched', 'noted'));
  expect(found(await check(path)).sort()).toEqual([
    `event-changed ${pathOf(idOf(1))}:null`,
    `event-id ${pathOf(idOf(3), 'noted')}:null`,
    `event-removed ${pathOf(idOf(2))}:null`,
    'marker kgit.yaml:null',
  ]);
});

it('refuses a state that was edited by hand, and its advice restores it', async () => {
  const path = stateRepository();
  stage(path, STATE, readFileSync(join(path, STATE), 'utf8').replace('count: 3', 'count: 4'));
  const run = await check(path);
  expect(found(run)).toEqual([`state-without-event ${STATE}:5`]);
  const [{ fix }] = run.json.findings;
  expect(fix).toMatch(/^git checkout [0-9a-f]{12} -- \S+, then make the change with its event: kgit set /);
  execFileSync('sh', ['-c', fix.split(',')[0]], { cwd: path });
  expect(await check(path)).toMatchObject({ code: 0, json: { files: 0 } });
});

it.each([true, false])(
  'its advice for a new state without an event creates the deployment (commits before: %s)',
  async (isBegun) => {
    const path = emptyRepository();
    stage(path, 'kgit.yaml', MARKER);
    if (isBegun) git(path, 'commit', '--quiet', '-m', 'first');
    const file = 'deployments/dep-b/state.yaml';
    stage(path, file, 'deployment:\n  deployment_id: dep-b\n  count: 3\nazure:\n  region: westeurope\n');
    const run = await check(path);
    expect(found(run)).toEqual([`state-without-event ${file}:1`, `state-without-event ${file}:4`]);
    const [fix, ...others] = run.json.findings.map((one: { fix: string }) => one.fix);
    expect(others).toEqual([fix]);
    const [, remove = '', set = ''] =
      /^(git rm --force -- \S+), then make the change with its event: (kgit set .* --create)$/.exec(fix) ??
      [];
    execFileSync('sh', ['-c', remove], { cwd: path });
    expect(await check(path)).toMatchObject({ code: 0 });
    if (!isBegun) git(path, 'commit', '--quiet', '-m', 'first');
    execFileSync('sh', ['-c', set], { cwd: path, env: { ...process.env, PATH: pathWithKgit() } });
    expect(await kgitJson(path, ['verify'])).toMatchObject({ total: 0 });
    expect(await kgitJson(path, ['get', '--deployment', 'dep-b'])).toMatchObject({
      value: { deployment: { deployment_id: 'dep-b', count: 3 }, azure: { region: 'westeurope' } },
    });
  },
);

it('accepts a change with its event, also beside a secret that was allowed before', async () => {
  const path = stateRepository();
  await kgitJson(path, ['set', 'deployment.password=Xk29dKq81zPw77aB', '--allow-secret', 'a test']);
  const before = git(path, 'rev-parse', 'HEAD');
  await kgitJson(path, ['set', 'deployment.count=4']);
  git(path, 'reset', '--quiet', '--soft', before);
  const run = await check(path);
  expect(found(run)).toEqual([]);
  expect(run.json).toMatchObject({ files: 2, events: 1 });
  stage(path, STATE, `${readFileSync(join(path, STATE), 'utf8')}aws:\n  secret_key: Yk29dKq81zPw77aC\n`);
  expect(found(await check(path))).toContain(`secret ${STATE}:8`);
});

it('checks a staged secret and a staged state beside what the commit leaves as it is', async () => {
  const secret = (name: string) => `deployments/dep-a/secrets/${name}.sops.yaml`;
  const path = stateRepository({
    '.sops.yaml': changedRecipients(null, { add: [ADA], remove: [] }),
    // Of the same kind as what is staged, and not looked at.
    [secret('azure.old')]: sealed('azure.old', [BEN]),
    [secret('azure.kept')]: sealed('azure.kept'),
  });
  stage(path, secret('deployment.count'), sealed('deployment.count'));
  stage(path, secret('azure.new'), sealed('azure.new', [BEN]));
  expect(found(await check(path)).sort()).toEqual([
    `secret-readable ${STATE}:5`,
    `secret-recipients ${secret('azure.new')}:null`,
  ]);
  git(path, 'reset', '--quiet', '--hard');
  stage(path, STATE, `${readFileSync(join(path, STATE), 'utf8')}azure:\n  kept: 1\n`);
  expect(found(await check(path)).sort()).toEqual([
    `secret-readable ${STATE}:7`,
    `state-without-event ${STATE}:6`,
  ]);
});

it('works before the first commit, in a linked worktree, and on the index that a hook is told of', async () => {
  const fresh = emptyRepository();
  stage(fresh, 'kgit.yaml', MARKER);
  stage(fresh, 'deployments/x/notes', 'of the team\n');
  expect(await check(fresh)).toMatchObject({ code: 0, json: { files: 2, repository: { revision: null } } });

  const path = stateRepository();
  const linked = join(temporaryFolder(), 'linked');
  git(path, 'worktree', 'add', '--quiet', '-b', 'other', linked);
  stage(linked, pathOf(idOf(1)), 'broken: [\n');
  expect(found(await check(linked))).toEqual([`yaml ${pathOf(idOf(1))}:2`]);
  expect(found(await check(path))).toEqual([]);

  const index = join(temporaryFolder(), 'index');
  writeFileSync(index, readFileSync(join(path, '.git/index')));
  stage(path, pathOf(idOf(2)), 'broken: [\n');
  expect(await check(path)).toMatchObject({ code: 3 });
  expect(await check(path, { GIT_INDEX_FILE: index })).toMatchObject({ code: 0, json: { files: 0 } });
});

it('checks nothing on a branch of code beside the state branch, and says so', async () => {
  const path = stateRepository();
  git(path, 'branch', '--move', 'state');
  git(path, 'switch', '--quiet', '--orphan', 'main');
  git(path, 'config', 'kgit.branch', 'state');
  for (const from of ['an unborn branch', 'its first commit']) {
    stage(path, 'clusters/main.tf', `${from}\n`);
    const run = await kgit(path, ['validate', '--staged']);
    expect(run).toMatchObject({ code: 0, stdout: 'all is well (0 files, 0 events)\n' });
    expect(run.stderr).toContain('nothing was checked: this branch has no kgit.yaml, so it holds no state');
    git(path, 'commit', '--quiet', '-m', from);
  }
  git(path, 'switch', '--quiet', 'state');
  git(path, 'rm', '--quiet', '--cached', 'kgit.yaml');
  expect(found(await check(path))).toEqual(['marker kgit.yaml:null']);
});

it('says why nothing can be checked', async () => {
  const path = stateRepository();
  commitFiles(path, { a: '1\n' });
  git(path, 'switch', '--quiet', '-c', 'other', 'HEAD~1');
  commitFiles(path, { a: '2\n' });
  expect(() => git(path, 'merge', '--quiet', 'main')).toThrow();
  expect(expectFailure(await check(path), 'USAGE', 2).message).toContain('unmerged');
  expectFailure(await check(bareRepository()), 'USAGE', 2);
  expectFailure(await kgit(path, ['validate', '--staged', '--base', 'main', '--json']), 'USAGE', 2);
});

it('reads no sealed month that the commit leaves as it is, and finds new changes beside one', async () => {
  const events = 'deployments/dep-a/events';
  const timeMonth = (time: number) => new Date(time).toISOString().slice(0, 7);
  const changing = (id: string, at: string) =>
    `id: ${id}\ntimestamp: "${at}"\naction: touched\nchanges:\n  - path: deployment.more\n    after: 1\n`;
  /** Sealed months of a deployment whose state the newest commit changes, and the objects that its check opens. */
  const asked = async (months: number) => {
    const files: Record<string, string> = {};
    for (let n = 0; n < months; n++) {
      const time = Date.UTC(2015 + Math.floor(n / 12), n % 12, 11, 14, 30);
      const id = makeUlid(time, 1n);
      const text = changing(id, new Date(time).toISOString());
      files[`${events}/${timeMonth(time)}.yaml`] = formatSealedMonth(deployment('dep-a'), [text]);
    }
    const path = stateRepository(files);
    await kgitJson(path, ['set', 'deployment.count=4']);
    git(path, 'reset', '--quiet', '--soft', 'HEAD~1');
    const log = join(temporaryFolder(), 'log');
    const run = await kgit(path, ['validate', '--staged', '--json'], { under: tracing('openat', log) });
    expect(run).toMatchObject({ code: 0, json: { files: 2, events: 1 } });
    return { path, objects: openedObjects(path, log) };
  };
  const [few, many] = [await asked(2), await asked(40)];
  expect(many.objects).toBeLessThanOrEqual(few.objects);
  // Beside its sealed month, an event that it has is not a new one, and a late one is.
  const late = Date.UTC(2015, 0, 11, 14, 30);
  for (const [n, findings] of [
    [1n, []],
    [2n, [`state-without-event ${STATE}:2`]],
  ] as const) {
    const id = makeUlid(late, n);
    stage(few.path, `${events}/2015-01/${id}-touched.yaml`, changing(id, new Date(late).toISOString()));
    expect(found(await check(few.path))).toEqual(findings);
  }
});

const tracing = (calls: string, log: string) => ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-o', log];

/** Calls of a trace that found what they asked for. */
const callsIn = (log: string) =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => !line.includes('ENOENT'));

/** How many loose objects of a repository were opened. */
function openedObjects(path: string, log: string): number {
  const object = new RegExp(`openat\\(.*"(${path}/)?\\.git/objects/[0-9a-f]{2}/`);
  return callsIn(log).filter((line) => object.test(line)).length;
}

it('starts as many processes, and reads as many files, whatever the size of the repository', async () => {
  const asked = async (events: number) => {
    const files: Record<string, string> = {};
    for (let n = 0; n < events; n++)
      files[`clusters/default/kcm-system/c${n % 20}/events/2025-07/${idOf(n)}-touched.yaml`] = eventText(
        idOf(n),
      );
    const path = stateRepository(files);
    stage(path, pathOf(idOf(events)), eventText(idOf(events)));
    // The first run of a machine also asks git for its version.
    await check(path);
    const log = join(temporaryFolder(), 'log');
    const under = tracing('execve,openat', log);
    const run = await kgit(path, ['validate', '--staged', '--json'], { under });
    expect(run).toMatchObject({ code: 0, json: { files: 1 } });
    // Each process tries the folders of the PATH, one after the other.
    const gits = callsIn(log)
      .filter((line) => /execve\("[^"]*\/git"/.test(line))
      .map((line) => line.split(' ')[0]);
    return { processes: new Set(gits).size, objects: openedObjects(path, log) };
  };
  const [small, large] = [await asked(40), await asked(1_000)];
  expect(large.processes).toBe(small.processes);
  expect(large.processes).toBeLessThanOrEqual(5);
  expect(large.objects).toBeLessThanOrEqual(small.objects);
});

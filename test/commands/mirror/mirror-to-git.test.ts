/** `kgit mirror --to`: a store on a real Redis, copied to real git repositories. */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, kgitProcess, startKgit } from '../../support/kgit.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';

const AUTHOR = ['--user', 'ada'];
const cwd = temporaryFolder();
let server: RedisServer;
/** The store that is copied. */
let store: string[];

beforeAll(async () => {
  server = await startRedis();
  store = ['--repo', `redis://127.0.0.1:${server.port}/0#prod`];
  await kgitJson(cwd, ['init', '--deployment', 'dep-a', ...store, ...AUTHOR]);
  await kgitJson(cwd, ['set', 'deployment.region=eu', ...store, ...AUTHOR]);
  await kgitJson(cwd, ['push-event', 'cluster_created', '--cluster', 'prod', ...store, '--user', 'bob']);
  await kgitJson(cwd, ['set', 'deployment.region=us', '--reason', 'nearer', ...store, ...AUTHOR]);
});
afterAll(() => server.kill());

const note = (action: string) =>
  kgitJson(cwd, ['push-event', action, '--cluster', 'prod', ...store, ...AUTHOR]);
const mirrorTo = (to: string) => kgitJson(cwd, ['mirror', '--to', to, ...store]);
/** The value of a key, as Redis has it. */
const value = async (key: string) => (await server.ask(`get "kgit:{prod}:${key}"`)).split('\r\n')[1] ?? '';

interface StoredRevision {
  readonly revision: string;
  readonly time: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly message: string;
}

async function records(): Promise<StoredRevision[]> {
  const { seq } = JSON.parse(await value('head')) as { seq: number };
  const all: StoredRevision[] = [];
  for (let n = 1; n <= seq; n++) all.push(JSON.parse(await value(`rev/${String(n).padStart(12, '0')}`)));
  return all;
}

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000);

/** Compares a mirror with what Redis has: each revision, and each file. */
async function expectCopy(mirror: string): Promise<void> {
  const format = '%an%x00%ae%x00%at%x00%ct%x00%B%x01';
  const commits = git(mirror, 'log', '--reverse', `--format=${format}`, 'main').split('\u0001').slice(0, -1);
  const address = store[1];
  const expected = (await records()).map(({ revision, time, author, message }) => {
    const trailers = `Kgit-Revision: ${revision}\nKgit-Mirror-Of: ${address}\n`;
    const joint = message.includes('\nKgit-Op: ') ? '' : '\n';
    const fields = [author.name, author.email, seconds(time), seconds(time)];
    return [...fields, `${message}${joint}${trailers}`].join('\0');
  });
  expect(commits.map((text) => text.trimStart().replace(/\n*$/, '\n'))).toEqual(expected);
  const paths = git(mirror, 'ls-tree', '-r', '--name-only', 'main').split('\n');
  expect(git(mirror, 'ls-tree', '-r', 'main')).not.toMatch(/^(?!100644 blob )/m);
  for (const path of paths) {
    const answer = await server.ask(`get "kgit:{prod}:tip/${path}"`);
    expect(answer.slice(answer.indexOf('\r\n') + 2, -2), path).toBe(
      `${git(mirror, 'show', `main:${path}`)}\n`,
    );
  }
  const listed = await kgitJson(cwd, ['log', '--json', '--limit', '1000', ...store]);
  expect(paths.filter((path) => path.includes('/events/'))).toHaveLength(listed.events.length);
  fsck(mirror);
}

describe('kgit mirror --to', () => {
  it('makes a commit of each revision, and later of each new one', async () => {
    const mirror = bareRepository();
    const plan = await kgitJson(cwd, ['mirror', '--to', mirror, '--dry-run', ...store]);
    expect(plan).toMatchObject({ commits: 5, delivery: 'dry-run', revision: null });
    expect(git(mirror, 'for-each-ref')).toBe('');
    const made = await mirrorTo(mirror);
    expect(made).toMatchObject({
      to: mirror,
      branch: 'main',
      store: store[1],
      commits: 5,
      delivery: 'published',
    });
    expect(made.mirrored).toBe((await records()).at(-1)?.revision);
    expect(made.revision).toBe(git(mirror, 'rev-parse', 'main'));
    await expectCopy(mirror);
    await note('node_added');
    expect(await mirrorTo(`file://${mirror}`)).toMatchObject({ commits: 1 });
    await expectCopy(mirror);
    expect(await mirrorTo(mirror)).toMatchObject({ commits: 0, delivery: 'unchanged' });
  });

  it('is read by kgit as the store is', async () => {
    const remote = bareRepository();
    await mirrorTo(remote);
    const [, , base] = await records();
    const first = base?.revision ?? '';
    for (const args of [
      ['log', '--reverse'],
      ['log', 'prod', '--grep', 'cluster'],
      ['get', 'deployment'],
      ['list'],
      ['history', 'deployment.region'],
      ['status', '--offline'],
      // The mirror knows the revisions of the store.
      ['get', 'deployment.region', '--at', first],
      ['get', 'deployment.region', '--at', base?.time ?? ''],
      ['diff', first],
    ]) {
      const asked = async (...repo: string[]) => {
        const { code, json } = await kgit(cwd, [...args, '--json', ...repo]);
        const { repository: _, from: _from, to: _to, ...result } = json;
        return { code, result };
      };
      expect(await asked('--repo', remote), args.join(' ')).toEqual(await asked(...store));
    }
    const clone = cloneOf(remote);
    expect(await kgit(clone, ['verify'])).toMatchObject({ code: 0 });
    expect(await kgit(clone, ['validate', '--base', 'HEAD~3'])).toMatchObject({ code: 0 });
  });

  it('is refused every write, with the address of the store', async () => {
    const remote = bareRepository();
    await mirrorTo(remote);
    const tip = git(remote, 'for-each-ref');
    const clone = cloneOf(remote);
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state'));
    writeFileSync(join(folder, 'state/deployment-state.yaml'), 'deployment_id: dep-a\nstatus: up\n');
    for (const [where, ...args] of [
      [clone, 'set', 'deployment.region=eu'],
      [clone, 'set', 'deployment.region=eu', '--dry-run'],
      [clone, 'set', 'deployment.region=eu', '--if', 'deployment.region=us'],
      [clone, 'push-event', 'noted', '--cluster', 'prod', '--queue'],
      [cwd, 'push-event', 'noted', '--cluster', 'prod', '--repo', `file://${remote}`],
      [remote, 'phase', 'start', 'create_vms'],
      [clone, 'lock', 'network'],
      [clone, 'compact', '--before', '2020-01-01'],
      [clone, 'import', folder, '--yes'],
      [clone, 'migrate', '--to', join(folder, 'elsewhere')],
      [clone, 'migrate', '--to', join(folder, 'elsewhere'), '--dry-run'],
      [clone, 'init', '--deployment', 'dep-b'],
    ] as [string, ...string[]][]) {
      const { code, json } = await kgit(where, [
        ...[...args, '--json'],
        ...(args[0] === 'migrate' ? [] : AUTHOR),
      ]);
      expect(code, args.join(' ')).toBe(20);
      expect(json.error.data).toEqual({ cause: 'mirror', store: store[1] });
      expect(json.error.suggestions[0]).toContain(`--repo '${store[1]}'`);
    }
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    expect(await kgit(clone, ['sync'])).toMatchObject({ code: 0 });
    expect(git(remote, 'for-each-ref')).toBe(tip);
  });

  it('goes on where a run was killed, at each step', async () => {
    const remote = bareRepository();
    const bin = temporaryFolder();
    const [found, left] = [git('.', '--exec-path'), join(bin, 'left')];
    const env = { PATH: `${bin}:${process.env['PATH']}`, XDG_CACHE_HOME: temporaryFolder() };
    const mirror = ['mirror', '--to', `file://${remote}`, ...store];
    for (const [step, first] of [
      ['fetch', ''],
      ['push', ''],
      ['push', `"${found}/git" "$@" >/dev/null;`],
    ]) {
      await note('node_added');
      const kill = `[ -e ${left} ] || { touch ${left}; ${first} kill -9 $PPID; exit 1; }`;
      const script = `case " $* " in *" ${step} "*) ${kill} ;; esac\nexec "${found}/git" "$@"`;
      writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const [, signal] = await once(startKgit(cwd, mirror, { env }), 'close');
      expect([step, existsSync(left), signal]).toEqual([step, true, 'SIGKILL']);
      const { code, stderr } = await kgit(cwd, mirror, { env });
      expect(code, stderr).toBe(0);
      expect(Number(git(remote, 'rev-list', '--count', 'main'))).toBe((await records()).length);
      rmSync(left);
    }
    await expectCopy(remote);
  });

  it('is kept by several machines at once, while others write', async () => {
    const remote = bareRepository();
    const machines = [1, 2, 3].map(() => ({
      XDG_CACHE_HOME: temporaryFolder(),
      XDG_STATE_HOME: temporaryFolder(),
    }));
    const mirrors = machines.flatMap((env) =>
      [1, 2].map(() => kgitProcess(cwd, ['mirror', '--to', `file://${remote}`, ...store], { env })),
    );
    const writes = kgitProcess(cwd, ['set', 'deployment.count=3', ...store, ...AUTHOR]);
    for (const { code, stderr } of await Promise.all([...mirrors, writes])) expect(code, stderr).toBe(0);
    await mirrorTo(remote);
    await expectCopy(remote);
  });

  it('shows proposals for review, and notices one that was merged there', async () => {
    const remote = bareRepository();
    await mirrorTo(remote);
    const clone = cloneOf(remote);
    await kgitJson(clone, ['set', 'deployment.size=12', '--propose', '--proposal-branch', 'size', ...AUTHOR]);
    git(clone, 'fetch', '--quiet');
    git(clone, 'checkout', '--quiet', 'size');
    expect(await kgit(clone, ['validate', '--base', 'origin/main'])).toMatchObject({ code: 0 });
    const file = join(clone, 'deployments/dep-a/state.yaml');
    writeFileSync(file, 'deployment:\n  region: mars\n');
    git(clone, 'commit', '--quiet', '-am', 'by hand');
    expect(await kgit(clone, ['validate', '--base', 'origin/main'])).toMatchObject({ code: 3 });
    // The branch takes part in nothing that the mirror does.
    await note('node_added');
    expect(await mirrorTo(remote)).toMatchObject({ commits: 1 });
    const tip = git(remote, 'rev-parse', 'main');
    git(clone, 'push', '--quiet', 'origin', 'origin/size:main', '--force');
    const { code, json } = await kgit(cwd, ['mirror', '--to', remote, '--json', ...store]);
    expect(code).toBe(12);
    expect(json.error.message).toContain('was not made by kgit mirror');
    // As the error says: their commit is taken off the branch.
    git(remote, 'update-ref', 'refs/heads/main', tip);
    expect(await mirrorTo(remote)).toMatchObject({ commits: 0 });
  });

  it('says what is wrong with its arguments', async () => {
    const [remote, folder] = [bareRepository(), temporaryFolder()];
    const ends = async (...args: string[]) => {
      const { code, json } = await kgit(folder, ['mirror', ...args, '--json']);
      return [code, json.error.suggestions[0]];
    };
    expect(await ends()).toEqual([2, "See 'kgit mirror --help'"]);
    expect(await ends(folder, '--to', remote)).toEqual([2, "See 'kgit mirror --help'"]);
    expect(await ends('--to', 'sqlite:state.db', ...store)).toEqual([2, expect.stringContaining('/srv/git')]);
    expect(await ends('--to', join(folder, 'none'), ...store)).toEqual([
      10,
      `Make it first: git init --bare --initial-branch=main '${join(folder, 'none')}'`,
    ]);
    await mirrorTo(remote);
    expect(await ends('--to', bareRepository(), '--repo', remote)).toEqual([
      2,
      'Let git copy it: git push --mirror URL',
    ]);
    expect(await mirrorTo(`${remote}#copy`)).toMatchObject({ branch: 'copy', delivery: 'published' });
  });
});

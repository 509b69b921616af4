import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../support/kgit.js';
import { PATIENCE_MS } from '../support/patience.js';
import { expectFailure, sharedState } from '../support/state-repository.js';
import { processesWith } from '../support/transport/files.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';

/** Stand for revisions, which are known once the repository is there. */
const [BEFORE, AFTER] = ['(before)', '(after)'];
/** What reads, and needs no cluster. */
const READS = [
  ['get', 'deployment', '--deployment', 'dep-a'],
  ['get', 'deployment', '--deployment', 'dep-a', '--at', BEFORE],
  ['log'],
  ['log', 'prod'],
  ['log', '--action', 'scaled'],
  ['list', 'clusters'],
  ['list', 'deployments'],
  ['history', '--deployment', 'dep-a'],
  ['diff', BEFORE, AFTER, '--deployment', 'dep-a'],
  ['locks'],
  ['status', '--offline'],
  ['validate'],
  ['verify'],
  ['outbox'],
];
const note = (cluster: string) => ['push-event', 'noted', '--cluster', cluster];

let server: GitHttpsServer;
let repository: string;
let folder: string;
let env: Record<string, string>;

/** A private repository on a server that hands out parts of it, as forges do. */
beforeAll(async () => {
  repository = sharedState();
  git(repository, 'config', 'uploadpack.allowFilter', 'true');
  git(repository, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  server = await startGitHttpsServer(repository);
  const home = temporaryFolder();
  for (const args of [
    ['push-event', 'created', '--cluster', 'prod'],
    ['push-event', 'scaled', '--cluster', 'prod'],
    ['push-event', 'created', '--cluster', 'test'],
    ['set', 'deployment.count=4', '--deployment', 'dep-a'],
  ])
    await kgitJson(home, [...args, '--repo', repository]);
});
beforeEach(() => {
  folder = temporaryFolder();
  env = {
    ...{ GIT_SSL_CAINFO: server.authority, KGIT_TOKEN: 'right-token' },
    ...{ XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') },
  };
});
afterEach(() => server.fail(null));
afterAll(() => server.stop());

/** The words of a command with the revisions in it. */
function withRevisions(args: readonly string[]): string[] {
  const revision = (name: string) => git(repository, 'rev-parse', name);
  return args.map((word) =>
    word === BEFORE ? revision('main~1') : word === AFTER ? revision('main') : word,
  );
}

/** Runs kgit on the clone that it keeps of the URL. */
function byUrl(args: readonly string[], more: Record<string, string> = {}): Promise<KgitRun> {
  return kgit(folder, [...args, '--repo', server.url, '--json'], { env: { ...env, ...more } });
}

/** What a command answers, but for when it was fetched. */
function answer({ code, json }: KgitRun): unknown {
  const { repository: _, stale: __, warnings: ___, ...rest } = json;
  return { code, ...rest };
}

describe('a private repository, read by its URL with a token', () => {
  it.each(READS.map((args) => [args.join(' '), args] as const))('%s: fresh, and offline', async (_, args) => {
    const words = withRevisions(args);
    const fresh = await byUrl(words);
    expect(fresh.json).not.toHaveProperty('error');
    server.fail(503);
    expect(answer(await byUrl(words))).toEqual(answer(fresh));
  });
});

describe('a private repository, written by its URL with a token', () => {
  it('takes events of subjects that it knows, changes of state, and locks', async () => {
    for (const args of [
      note('prod'),
      ['set', 'deployment.count=5', '--deployment', 'dep-a', '--if', 'deployment.count=4'],
      ['set', 'deployment.count=4', '--deployment', 'dep-a'],
    ]) {
      const run = await byUrl(args);
      expect(run.json, args.join(' ')).toMatchObject({ delivery: 'published' });
    }
    expect((await byUrl(['lock', 'network'])).code).toBe(0);
    expect((await byUrl(['unlock', 'network'])).code).toBe(0);
  });

  it('tells a fetch that fails for what it is, and keeps the write', async () => {
    await byUrl(note('fresh'));
    server.fail(503);
    const queued = await byUrl(note('prod'));
    expect(queued.json).toMatchObject({ delivery: 'queued' });
    const strict = expectFailure(await byUrl(note('prod'), { CI: 'true' }), 'REMOTE', 16);
    expect(strict.data).toMatchObject({ remote: 'unreachable', cause: 'server-error' });
    server.fail(null);
    const denied = expectFailure(await byUrl(note('prod'), { KGIT_TOKEN: 'wrong' }), 'REMOTE', 16);
    expect(denied.data).toMatchObject({ remote: 'denied', cause: 'unauthorized', kept: true });
    expect((await byUrl(['sync'])).json).toMatchObject({ pending: 0 });
  });

  it('ends a fetch that hangs, with all that git started', async () => {
    await byUrl(note('fresh'));
    const mark = `lazy-${process.pid}-${Date.now()}`;
    server.fail('hang');
    const run = await byUrl([...note('prod'), '--timeout', '3s'], { TERM: mark });
    expect(run.json).toMatchObject({ delivery: 'queued' });
    await expect.poll(() => processesWith(`TERM=${mark}`), { timeout: PATIENCE_MS }).toEqual([]);
  });
});

describe("a partial clone of the user's", () => {
  const clone = () => {
    const path = join(folder, 'clone');
    git(folder, 'clone', '--quiet', '--no-checkout', '--filter=tree:0', `file://${repository}`, path);
    git(path, 'remote', 'set-url', 'origin', server.url);
    return path;
  };

  it('gives up what hangs, whichever command fetches', async () => {
    const path = clone();
    const mark = `hang-${process.pid}-${Date.now()}`;
    // Of the tip the first objects are here then, of its parents none.
    await kgitJson(path, ['get', 'deployment', '--deployment', 'dep-a'], { env });
    server.fail('hang');
    for (const args of [['log'], ['list', 'clusters'], ['verify']]) {
      const words = [...args, '--timeout', '2s', '--json'];
      const run = await kgit(path, words, { env: { ...env, TERM: mark } });
      const { data } = expectFailure(run, 'REMOTE', 16);
      expect(data, args.join(' ')).toMatchObject({ remote: 'unreachable', cause: 'timeout' });
    }
    await expect.poll(() => processesWith(`TERM=${mark}`), { timeout: PATIENCE_MS }).toEqual([]);
  });

  it('is read and written with the token, and without one told to be denied', async () => {
    const path = clone();
    const run = await kgit(path, ['log', '--json'], { env: { ...env, KGIT_TOKEN: '' } });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause: 'unauthorized' });
    for (const args of READS) {
      const read = await kgit(path, [...withRevisions(args), '--json'], { env });
      expect(read.json, args.join(' ')).not.toHaveProperty('error');
    }
    expect((await kgitJson(path, note('prod'), { env })).delivery).toBe('published');
    await kgitJson(path, ['backup', join(folder, 'backup')], { env });
  });
});

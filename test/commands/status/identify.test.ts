import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireKubectl, sample } from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type OtherAddresses, startOtherAddresses } from '../../support/api-server/other-address.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { bareRepository, cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

const MANAGEMENT = sample('mgmt-01-healthy.yaml');
const UID = `management-uid:${MANAGEMENT.metadata['uid']}`;
const NEW_UID = 'management-uid:11111111-2222-4333-8444-555555555555';
const KUBE_SYSTEM = '5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00';
const CLUSTER = sample('cld-01-azure-healthy.yaml');
const withUid = (object: KubeObject, uid: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, uid: uid.slice('management-uid:'.length) },
});

let server: ApiServer;
let others: OtherAddresses;
let repository: string;

beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ clusters: [CLUSTER] });
  others = await startOtherAddresses();
});
beforeEach(async () => {
  Object.assign(server.cluster, { managements: [MANAGEMENT], kubeSystemUid: KUBE_SYSTEM });
  repository = await initialisedState();
});
afterAll(async () => {
  await server.stop();
  await others.stop();
});

/** The server under the name of another machine, with a context for each token. */
const at = (host: string) =>
  others.rename(
    server.writeKubeconfig(
      ['admin', 'viewer', 'reader'].map((token) => ({ name: `${token}-${host}`, token })),
    ),
    Object.fromEntries(['admin', 'viewer', 'reader'].map((token) => [`${token}-${host}`, `${host}.example`])),
  );
const address = (host: string) => `server:${server.url.replace('127.0.0.1', `${host}.example`)}`;
const run = (words: readonly string[], kubeconfig = server.kubeconfig) =>
  kgit(repository, words, { env: { KUBECONFIG: kubeconfig } });
const status = (context: string, kubeconfig?: string) =>
  run(['status', '--context', context, '--json'], kubeconfig);
const commits = () => git(repository, 'rev-list', '--count', 'main').trim();

/** What kgit.yaml says that a management cluster is known by. */
function recorded(name = 'default'): string[] {
  const lines = git(repository, 'show', 'main:kgit.yaml').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`  ${name}:`));
  const end = lines.findIndex((line, i) => i > start && /^ {0,2}\S/.test(line));
  return lines
    .slice(start, end)
    .flatMap((line) => /[a-z-]+:\S*[^\s"'}\]]/.exec(line.replace(/^.*identit\w+:\s*/, ''))?.[0] ?? [])
    .filter((text) => /^(management-uid|kube-system-uid|server|later):/.test(text));
}

describe('what a management cluster is known by', () => {
  it('is raised from an address to UIDs when somebody may see them: told and noted once', async () => {
    const weak = await status('reader');
    expect(weak.stderr).toContain('first look at management cluster default: identity noted in kgit.yaml');
    expect(weak.stderr).toContain('from the next look on, a recorded cluster that is missing there counts');
    expect(recorded()).toEqual([`server:${server.url}`]);
    const strong = await status('admin');
    expect(strong.code).toBe(0);
    expect(strong.stderr).toContain(
      'management cluster default: identity raised from its address to its Management UID and the UID of its namespace kube-system, ',
    );
    expect(recorded()).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`]);
    const before = commits();
    for (const context of ['admin', 'viewer', 'reader']) {
      const { code, json, stderr } = await status(context);
      expect([context, code, json.clusters.length, stderr]).toEqual([context, 0, 1, '']);
    }
    expect(commits()).toBe(before);
    expect(git(repository, 'log', '-1', '--format=%s', 'main').trim()).toBe(
      'management: default identity raised',
    );
  });

  it('is raised step by step, never taken back, and an old kgit.yaml gets what it lacks', async () => {
    await status('viewer');
    expect(recorded()).toEqual([`kube-system-uid:${KUBE_SYSTEM}`]);
    expect((await status('admin')).stderr).toContain('it is also known by its Management UID from now on');
    expect(recorded()).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`]);
    await status('viewer');
    expect(recorded()).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`]);

    const file = join(repository, 'kgit.yaml');
    const old = git(repository, 'show', 'main:kgit.yaml').replace(
      /default:[\s\S]*?(?=^\S)/m,
      `default: {identity: "${UID}", other_identities: ["later:x"]}\n`,
    );
    writeFileSync(file, old);
    git(repository, 'commit', '-qam', 'the form of before');
    expect((await status('admin')).stderr).toContain('also known by the UID of its namespace kube-system');
    expect(recorded()).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`, 'later:x']);
  });

  it('has several addresses: whoever sees a UID is at the same cluster behind each', async () => {
    await status('admin-a', at('a'));
    expect(recorded()).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`, address('a')]);
    const before = commits();
    for (const context of ['admin-b', 'viewer-b']) {
      const { code, json } = await status(context, at('b'));
      expect([context, code, json.contexts[0].match]).toEqual([context, 0, 'same']);
    }
    // Who may list clusters alone is known by the address that others noted.
    expect((await status('reader-a', at('a'))).json.contexts[0].match).toBe('same');
    expect((await status('reader-b', at('b'))).json.contexts[0].match).toBe('unknown');
    expect(commits()).toBe(before);
  });

  it('is not guessed from a second address, which kgit identify notes', async () => {
    await status('reader-a', at('a'));
    expect(recorded()).toEqual([address('a')]);
    const refused = await status('reader-b', at('b'));
    expect(refused.code).toBe(17);
    expect(refused.json.error.data.cause).toBe('ambiguous-management');
    expect(refused.json.error.suggestions.join()).toContain('kgit identify NAME --context reader-b');
    const words = ['identify', 'default', '--context', 'reader-b'];
    const asked = await run(words, at('b'));
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('kgit identify default --context reader-b --yes');
    const { code, json } = await run([...words, '--yes', '--json'], at('b'));
    expect([code, json.outcome, json.identities]).toEqual([0, 'extended', [address('a'), address('b')]]);
    for (const host of ['a', 'b'])
      expect((await status(`reader-${host}`, at(host))).json.contexts[0].match).toBe('same');
  });

  it('outlives a Management object that is made anew, as by a restore', async () => {
    await status('admin');
    server.cluster.managements = [withUid(MANAGEMENT, NEW_UID)];
    const { code, json, stderr } = await status('admin');
    expect([code, json.contexts[0].match]).toEqual([0, 'same']);
    expect(stderr).toContain('its Management object was made anew, as by a restore; its new UID is noted');
    expect(recorded()).toEqual([NEW_UID, `kube-system-uid:${KUBE_SYSTEM}`]);
    expect((await status('admin')).stderr).toBe('');
  });
});

describe('kgit identify', () => {
  it('says that a cluster that was built anew has the name, once somebody agrees, and records who did', async () => {
    await status('admin');
    Object.assign(server.cluster, { managements: [withUid(MANAGEMENT, NEW_UID)], kubeSystemUid: 'new' });
    const refused = await status('admin');
    expect([refused.code, refused.json.error.data.cause]).toEqual([17, 'other-management']);
    expect(refused.json.error.suggestions.join()).toContain('kgit identify NAME --context admin');
    const before = commits();
    const asked = await run(['identify', '--context', 'admin']);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/Management cluster default is another cluster.*Replace it\?/s);
    const dry = await run(['identify', '--dry-run', '--json']);
    expect([dry.code, dry.json.outcome, dry.json.delivery]).toEqual([0, 're-identified', 'dry-run']);
    expect(commits()).toBe(before);

    const done = await run(['identify', '--yes', '--reason', 'built anew', '--user', 'ada']);
    expect(done.code).toBe(0);
    expect(done.stdout).toContain(
      '✓ management cluster default is context admin, known by its Management UID and the UID of its namespace kube-system: re-identified',
    );
    expect(recorded()).toEqual([NEW_UID, 'kube-system-uid:new']);
    const { events } = await kgitJson(repository, ['log', 'management/default']);
    expect(events).toMatchObject([
      {
        subject: 'management/default',
        ...{ action: 'management_reidentified', user: 'ada', reason: 'built anew' },
        context: {
          identity: {
            before: [UID, `kube-system-uid:${KUBE_SYSTEM}`],
            after: [NEW_UID, 'kube-system-uid:new'],
          },
        },
      },
    ]);
    expect((await status('admin')).code).toBe(0);
    const again = await run(['identify', '--json']);
    expect(again.json).toMatchObject({ outcome: 'unchanged', delivery: 'unchanged', operation: null });
    expect((await kgit(repository, ['validate'])).code).toBe(0);
    expect((await kgit(repository, ['verify'])).code).toBe(0);
  });

  it('names two clusters of a new repository, in place of the name that init wrote', async () => {
    const other = await startApiServer({ clusters: [CLUSTER], managements: [withUid(MANAGEMENT, NEW_UID)] });
    try {
      const kubeconfig = [
        server.writeKubeconfig([{ name: 'new', token: 'admin' }]),
        // Without a Management object that may be read.
        other.writeKubeconfig([{ name: 'old', token: 'viewer' }]),
      ].join(':');
      const both = ['status', '--context', 'new', '--context', 'old', '--json'];
      const refused = await run(both, kubeconfig);
      expect([refused.code, refused.json.error.data.cause]).toEqual([17, 'ambiguous-management']);
      expect(refused.json.error.suggestions.join()).toContain('kgit identify NAME --context new');
      await run(['identify', 'eu', '--context', 'new'], kubeconfig);
      const second = await run(['identify', 'us', '--context', 'old', '--json'], kubeconfig);
      expect(second.json).toMatchObject({ management: 'us', outcome: 'identified', before: [] });
      const { code, json } = await run(both, kubeconfig);
      expect(code).toBe(0);
      expect(json.clusters.map(({ management }: { management: string }) => management)).toEqual(['eu', 'us']);
      expect(git(repository, 'show', 'main:kgit.yaml')).not.toContain('default:');
      const twice = await run(['identify', 'us', '--context', 'new', '--yes'], kubeconfig);
      expect(twice.code).toBe(12);
      expect(twice.stderr).toContain('is recorded as management cluster eu');
      const unnamed = await run(['identify', '--context', 'old', '--json'], kubeconfig);
      expect(unnamed.json).toMatchObject({ management: 'us', outcome: 'unchanged' });
    } finally {
      await other.stop();
    }
  });

  it('can be proposed, with what it notes', async () => {
    const remote = bareRepository();
    git(repository, 'push', '--quiet', remote, 'main');
    const clone = cloneOf(remote);
    const words = ['identify', '--propose', '--user', 'ada'];
    const { json } = await kgit(clone, [...words, '--json'], { env: { KUBECONFIG: server.kubeconfig } });
    expect(json).toMatchObject({ outcome: 'identified', delivery: 'proposed' });
    const branches = git(remote, 'branch', '--format=%(refname:short)').trim().split('\n');
    const branch = branches.find((one) => one.startsWith('kgit/propose/ada/management-default'));
    expect(branch).toBeDefined();
    expect(git(remote, 'show', `${branch}:kgit.yaml`)).toContain(UID);
    expect(git(remote, 'show', 'main:kgit.yaml')).not.toContain(UID);
  });

  it('keeps the name of init where something is recorded under it', async () => {
    await kgitJson(repository, ['push-event', 'cluster_created', '--cluster', 'prod']);
    await run(['identify', 'eu', '--yes']);
    expect(git(repository, 'show', 'main:kgit.yaml')).toMatch(/default: *(\{\})?$/m);
    expect(recorded('eu')).toEqual([UID, `kube-system-uid:${KUBE_SYSTEM}`]);
  });

  it('does not replace what somebody else noted meanwhile', async () => {
    const remote = bareRepository();
    git(repository, 'push', '--quiet', remote, 'main');
    const [one, two] = [cloneOf(remote), cloneOf(remote)];
    const other = await startApiServer({ managements: [withUid(MANAGEMENT, NEW_UID)] });
    try {
      await kgitJson(two, ['identify', '--queue'], { env: { KUBECONFIG: other.kubeconfig } });
      await kgitJson(one, ['identify'], { env: { KUBECONFIG: server.kubeconfig } });
      const late = await kgit(two, ['sync']);
      expect(late.stdout).toContain('management cluster default was identified otherwise meanwhile');
      expect(git(remote, 'show', 'main:kgit.yaml')).toContain(UID);
      expect(git(remote, 'show', 'main:kgit.yaml')).not.toContain(NEW_UID);
    } finally {
      await other.stop();
    }
  });

  it('refuses a name outside the rule, a cluster that nothing identifies, and events of others', async () => {
    expect((await run(['identify', 'EU hub'])).code).toBe(2);
    const events = await kgit(repository, ['push-event', 'x', 'management/default']);
    expect(events.code).toBe(2);
    expect(events.stderr).toContain('are recorded by kgit identify');
  });
});

describe('kgit doctor', () => {
  const management = async (context: string, kubeconfig: string) => {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Record<string, unknown>;
    writeFileSync(kubeconfig, JSON.stringify({ ...config, 'current-context': context }));
    const { json } = await run(['doctor', '--json'], kubeconfig);
    return json.checks.find(({ name }: { name: string }) => name === 'management');
  };

  it('compares the context with what is recorded, and names the way out', async () => {
    const first = await management('admin-a', at('a'));
    expect(first).toMatchObject({ ok: true, detail: expect.stringContaining('nothing is noted of it yet') });
    await status('admin-a', at('a'));
    expect((await management('admin-a', at('a'))).detail).toBe(
      'context admin-a is management cluster default',
    );
    expect(await management('reader-b', at('b'))).toMatchObject({
      ok: false,
      fix: expect.stringContaining('kgit identify default --context reader-b'),
    });
    Object.assign(server.cluster, { managements: [withUid(MANAGEMENT, NEW_UID)], kubeSystemUid: 'new' });
    expect(await management('admin-a', at('a'))).toMatchObject({
      ok: false,
      detail: expect.stringContaining('another management cluster'),
      fix: expect.stringContaining('kgit identify NAME --context admin-a'),
    });
  });
});

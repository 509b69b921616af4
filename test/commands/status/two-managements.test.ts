import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { observe } from '../../../src/k0rdent/observe/observe.js';
import { kubectlFor, requireKubectl, sample } from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

const MANAGEMENT = sample('mgmt-01-healthy.yaml');
const UID = String(MANAGEMENT.metadata['uid']);
const CLUSTER = sample('cld-01-azure-healthy.yaml');
const other = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, uid: '11111111-2222-4333-8444-555555555555' },
});

let current: ApiServer;
let former: ApiServer;
let repository: string;
let env: { KUBECONFIG: string };

/** A kubeconfig with a context of each server. */
function contexts(token = 'admin'): { KUBECONFIG: string } {
  const files = [
    current.writeKubeconfig([
      { name: 'new', token: 'admin' },
      { name: 'new-list', token: 'reader' },
    ]),
    former.writeKubeconfig([{ name: 'old', token }]),
  ];
  return { KUBECONFIG: files.join(delimiter) };
}

beforeAll(async () => {
  requireKubectl();
  current = await startApiServer({ managements: [MANAGEMENT], clusters: [CLUSTER] });
  former = await startApiServer({ managements: [other(MANAGEMENT)], clusters: [other(CLUSTER)] });
});
beforeEach(async () => {
  former.cluster.managements = [other(MANAGEMENT)];
  env = contexts();
  repository = await initialisedState();
});
afterAll(async () => {
  await current.stop();
  await former.stop();
});

const BOTH = ['--context', 'new', '--context', 'old'];
const commits = async () => (await git(repository, 'rev-list', '--count', 'HEAD')).trim();
const causes = (json: { contexts: { context: string; error: { data: { cause: string } } | null }[] }) =>
  json.contexts.map(({ context, error }) => [context, error?.data.cause ?? null]);

describe('two management clusters in one look', () => {
  it.each([
    ['each with a Management object', 'admin'],
    ['one without a Management object that you may read', 'viewer'],
    ['one of which you may only list clusters', 'reader'],
  ])('are never one: %s', async (_what, token) => {
    env = contexts(token);
    const before = await commits();
    const { code, json, stderr } = await kgit(repository, ['status', ...BOTH, '--json'], { env });
    expect(code).toBe(17);
    expect(json.error.data.cause).toBe('ambiguous-management');
    expect(json.error.message).toContain(`management-uid:${UID}`);
    expect(json.error.suggestions.join()).toContain('kgit identify NAME --context new');
    expect(stderr).not.toContain('first look');
    expect(await commits()).toBe(before);
  });

  it('record no transition of either', async () => {
    const run = await kgit(repository, ['status', ...BOTH, '--watch', '--record', '-o', 'jsonl'], { env });
    expect(run.code).toBe(17);
    expect((await kgitJson(repository, ['log'])).events).toEqual([]);
  });

  it('are told where the record proves one of them: that one is shown', async () => {
    await kgit(repository, ['status', '--context', 'new'], { env });
    env = contexts('viewer');
    const { code, json } = await kgit(repository, ['status', ...BOTH, '--json'], { env });
    expect(code).toBe(17);
    expect(causes(json)).toEqual([
      ['new', null],
      ['old', 'other-management'],
    ]);
    expect(json.clusters).toMatchObject([{ name: 'azure-prod-weu', management: 'default' }]);
  });

  it('are two once kgit.yaml names both, as the advice says', async () => {
    const file = join(repository, 'kgit.yaml');
    const text = (await git(repository, 'show', 'HEAD:kgit.yaml')).replace(
      /^managements:[\s\S]*?(?=^\S|$(?![\s\S]))/m,
      '',
    );
    const names = [
      `  eu: {identity: "management-uid:${UID}"}`,
      '  eu-old: {identity: "management-uid:11111111-2222-4333-8444-555555555555"}',
    ];
    writeFileSync(file, `${text.trimEnd()}\nmanagements:\n${names.join('\n')}\n`);
    await git(repository, 'commit', '--quiet', '--all', '--message', 'two management clusters');
    const { code, json } = await kgit(repository, ['status', ...BOTH, '--json'], { env });
    expect(code).toBe(0);
    expect(
      json.clusters.map((one: { management: string; name: string }) => [one.management, one.name]),
    ).toEqual([
      ['eu-old', 'azure-prod-weu'],
      ['eu', 'azure-prod-weu'],
    ]);
  });
});

it("learns no identity while another context cannot be asked: the name may be that one's", async () => {
  env = contexts('nobody');
  const before = await commits();
  const { code, stderr } = await kgit(repository, ['status', ...BOTH], { env });
  expect(code).toBe(17);
  expect(stderr).toContain('another context cannot be asked');
  expect(await commits()).toBe(before);
});

it('takes two contexts of one server for one management cluster, whatever each may read', async () => {
  const both = ['--context', 'new', '--context', 'new-list'];
  const { code, json } = await kgit(repository, ['status', ...both, '--json'], { env });
  expect(code).toBe(0);
  expect(json.clusters).toHaveLength(1);
});

it('gives a context that answers later no name that another one has', async () => {
  const options = { managements: [{ name: 'default', identities: [] }], now: () => new Date() };
  const first = await observe({ ...options, kubectl: kubectlFor(current, 'admin') });
  const late = observe({ ...options, kubectl: kubectlFor(former, 'admin'), beside: first.watchable });
  await expect(late).rejects.toMatchObject({ data: { cause: 'ambiguous-management' } });
  const again = await observe({
    ...options,
    kubectl: kubectlFor(current, 'viewer'),
    beside: first.watchable,
  });
  expect(again.contexts).toMatchObject([{ management: 'default', error: null }]);
});

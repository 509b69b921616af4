import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { checkRow } from '../../support/schemas.js';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: samples() });
});
afterAll(() => server.stop());
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A watch of the built program: what it has printed, and how it ends. */
function startWatch(folder: string, args: readonly string[], user = 'ada') {
  const env = { KUBECONFIG: server.kubeconfig, KGIT_USER: user };
  const child = startKgit(folder, ['status', '--watch', ...args], { env });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const rows = () =>
    said.out
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const row = JSON.parse(line);
        checkRow('StatusWatchRow', row);
        return row;
      });
  return { child, said, rows, closed };
}

const READY = sample('cld-01-azure-healthy.yaml');

it('two observers of one watch record each transition once, and make identical trees', async () => {
  const seed = bareRepository();
  await kgitJson('.', ['init', temporaryFolder(), '--remote', seed]);
  const remotes = [bareRepository(), bareRepository()];
  for (const remote of remotes) git(seed, 'push', '--quiet', remote, 'main:main');
  const [one = '', two = ''] = remotes;
  // The third one writes to the repository of the second: together they record everything once.
  const clones = [cloneOf(one), cloneOf(two), cloneOf(two)];
  const observers = clones.map((clone, i) => startWatch(clone, ['--record', '-o', 'jsonl'], `u${i}`));
  const words = () => observers.map(({ said }) => said.err + said.out).join('\n');
  await until(() => server.journal.watches === 3, words);
  const fresh = { ...READY, metadata: { ...READY.metadata, name: 'fresh', uid: 'fresh-1' } } as KubeObject;
  const { status: _, ...bare } = fresh;
  server.apply(bare as KubeObject);
  server.apply(fresh);
  const metadata = { ...fresh.metadata, deletionTimestamp: '2026-08-22T09:59:00Z', finalizers: ['x'] };
  server.apply({ ...fresh, metadata });
  server.remove({ ...fresh, metadata });
  const changes = (rows: Record<string, unknown>[]) => rows.filter(({ type }) => type === 'changed');
  await until(() => observers.every(({ rows }) => changes(rows()).length === 4), words);
  for (const { child } of observers) child.kill('SIGINT');
  for (const { closed } of observers) expect(await closed).toBe(130);
  expect(observers[0]?.rows()[0]).toMatchObject({ type: 'present', from: null });
  expect(changes(observers[0]?.rows() ?? []).map(({ from, to }) => [from, to])).toEqual([
    ...[
      [null, 'New'],
      ['New', 'Ready'],
      ['Ready', 'Deleting'],
      ['Deleting', null],
    ],
  ]);
  const trees = remotes.map((remote) => git(remote, 'rev-parse', 'main:clusters'));
  expect(trees[0]).toBe(trees[1]);
  const { events } = await kgitJson(clones[2] ?? '', ['log', 'fresh', '--fetch']);
  expect(events.map(({ message }: { message: string }) => message.split(':')[0])).toEqual([
    ...['not there -> New', 'New -> Ready', 'Ready -> Deleting', 'Deleting -> gone'],
  ]);
  expect(events[0]).toMatchObject({ action: 'cluster_state_changed', lifecycle: 'created' });
  expect(events[3]).toMatchObject({ lifecycle: 'deleted', context: { observed: { uid: 'fresh-1' } } });
});

it('an observer that was away records what the objects prove, as one that was there did', async () => {
  const seed = bareRepository();
  await kgitJson('.', ['init', temporaryFolder(), '--remote', seed]);
  await kgitJson(cloneOf(seed), ['status'], { env: { KUBECONFIG: server.kubeconfig } });
  const remotes = [bareRepository(), bareRepository()];
  for (const remote of remotes) git(seed, 'push', '--quiet', remote, 'main:main');
  const [stays = '', leaves = ''] = remotes.map((remote) => cloneOf(remote));
  const watch = (clone: string) => startWatch(clone, ['--record', '-o', 'jsonl']);
  const told = ({ rows }: ReturnType<typeof startWatch>) =>
    rows().flatMap(({ type, name, from, to }) =>
      type === 'present' || type === 'watching' ? [] : `${type} ${name} ${from} ${to}`,
    );
  const watching = watch(stays);
  const begun = watch(leaves);
  const words = () => [watching, begun].map(({ said }) => said.err + said.out).join('\n');
  const end = async ({ child, closed }: ReturnType<typeof startWatch>) => {
    child.kill('SIGTERM');
    expect(await closed).toBe(130);
  };
  await until(() => server.journal.watches === 2, words);
  const creationTimestamp = '2026-08-22T10:01:00Z';
  const [kept, made] = ['kept', 'made'].map((name) => {
    const metadata = { ...READY.metadata, name, uid: `${name}-1`, creationTimestamp };
    return { ...READY, metadata } as KubeObject;
  });
  const later = (object: KubeObject, lastTransitionTime: string) => {
    const status = object['status'] as { conditions: object[] };
    const conditions = status.conditions.map((one) => ({ ...one, lastTransitionTime }));
    return { ...object, status: { ...status, conditions } };
  };
  const bare = ({ status: _, ...object }: KubeObject) => object as KubeObject;
  server.apply(bare(kept as KubeObject));
  await until(() => told(watching).length === 1 && told(begun).length === 1, words);
  await end(begun);
  const born = { ...made, metadata: { ...made?.metadata, creationTimestamp: '2026-08-22T10:01:10Z' } };
  server.apply(later(kept as KubeObject, '2026-08-22T10:01:05Z'));
  server.apply(bare(born as KubeObject));
  await until(() => told(watching).length === 3, words);
  const back = watch(leaves);
  await until(
    () => told(back).length === 2,
    () => back.said.err + back.said.out,
  );
  expect(told(back).sort()).toEqual(['missed kept New Ready', 'missed made null New']);
  await end(back);
  await end(watching);
  const trees = remotes.map((remote) => git(remote, 'rev-parse', 'main:clusters'));
  expect(trees[0]).toBe(trees[1]);
});

it.each([true, false])(
  'three observers record what moves no condition once, in order (times of writes: %s)',
  async (hasWriteTimes) => {
    const remote = bareRepository();
    await kgitJson('.', ['init', temporaryFolder(), '--remote', remote]);
    const clones = [cloneOf(remote), cloneOf(remote), cloneOf(remote)];
    const name = `flaps-${hasWriteTimes}`;
    const watches = server.journal.watches;
    const watch = (clone: string) => startWatch(clone, ['--record', '-o', 'jsonl']);
    const observers = clones.map(watch);
    const words = () => observers.map(({ said }) => said.err + said.out).join('\n');
    await until(() => server.journal.watches === watches + 3, words);
    const changes = ({ rows }: ReturnType<typeof startWatch>) =>
      rows().filter((row) => row['type'] === 'changed' && row['name'] === name);
    let at = Date.parse('2026-08-22T10:05:00Z');
    const { metadata, ...rest } = READY;
    const conditions = (rest['status'] as { conditions: Record<string, unknown>[] }).conditions;
    /** A version of the cluster, five seconds after the one before. */
    const apply = (ready: string, state: string, more: { deletion?: string; reason?: string } = {}) => {
      at += 5_000;
      const time = new Date(at).toISOString().replace('.000Z', 'Z');
      const kept = conditions
        .filter(({ type }) => type !== 'Ready' && type !== 'ServicesInReadyState')
        .concat({
          type: 'Ready',
          status: ready,
          reason: 'x',
          message: '',
          lastTransitionTime: '2026-08-22T10:00:00Z',
        });
      const deleting = { type: 'Deleting', status: 'True', message: '', lastTransitionTime: more.deletion };
      const service = {
        name: 'db',
        namespace: 'db',
        state,
        template: 't',
        type: 'Helm',
        // kcm does not refresh services while a cluster is being deleted.
        lastStateTransitionTime: more.deletion ? '2026-08-22T10:05:45Z' : time,
      };
      server.apply({
        ...rest,
        metadata: {
          ...{ ...metadata, name, uid: `${name}-1`, creationTimestamp: '2026-08-22T10:00:00Z' },
          managedFields: hasWriteTimes ? [{ manager: 'kcm', operation: 'Update', time }] : undefined,
          ...(more.deletion ? { deletionTimestamp: more.deletion, finalizers: ['x'] } : {}),
        },
        spec: { serviceSpec: { services: [{ name: 'db', namespace: 'db' }] } },
        status: {
          observedGeneration: metadata['generation'],
          conditions: more.reason ? [...kept, { ...deleting, reason: more.reason }] : kept,
          services: [
            {
              ...service,
              ...(state === 'Failed' ? { failureMessage: `password=${'x'.repeat(24)}1A at ${time}` } : {}),
            },
          ],
        },
      } as unknown as KubeObject);
    };
    const steps: (() => void)[] = [() => apply('True', 'Deployed')];
    for (let count = 0; count < 4; count++)
      steps.push(
        () => apply('False', 'Failed'),
        () => apply('False', 'Provisioning'),
      );
    const deletion = new Date(at + 60_000).toISOString().replace('.000Z', 'Z');
    for (let count = 0; count < 3; count++)
      steps.push(
        () => apply('False', 'Provisioning', { deletion, reason: 'WaitingForCloudResourcesDeletion' }),
        () => apply('False', 'Provisioning', { deletion, reason: 'Failed' }),
      );
    const all = () => observers.every((one) => changes(one).length === steps.length);
    for (const step of steps) {
      const before = observers.map((one) => changes(one).length);
      step();
      // Each has its own clock: what is seen at one time by all is dated apart, and recorded once.
      await until(() => observers.every((one, i) => changes(one).length === (before[i] ?? 0) + 1), words);
    }
    await until(all, words);
    for (const { child } of observers) child.kill('SIGINT');
    for (const { closed } of observers) expect(await closed).toBe(130);
    const { events } = await kgitJson(clones[0] ?? '', ['log', name, '--fetch']);
    const failing = ['Deleting -> DeleteFailing', 'DeleteFailing -> Deleting'];
    expect(events.map(({ message }: { message: string }) => message.split(/ \(|:/)[0])).toEqual([
      'not there -> Ready',
      'Ready -> ServicesFailed',
      ...Array.from({ length: 3 }).flatMap(() => [
        'ServicesFailed -> ServicesPending',
        'ServicesPending -> ServicesFailed',
      ]),
      'ServicesFailed -> ServicesPending',
      'ServicesPending -> Deleting',
      ...failing,
      ...failing,
      'Deleting -> DeleteFailing',
    ]);
    expect(events[1].message).toMatch(/service db\/db: Failed: .* at 2026-08-22T10:05:10Z/);
    expect(events[1].message).not.toContain('xxxx');
    expect(events[1].timestamp).toBe('2026-08-22T10:05:10Z');
    expect(events.at(-1).context.observed.dated).toBe(hasWriteTimes ? 'write' : 'observation');
  },
);

it('watches the rest where a context fails, says so, and ends with 17', async () => {
  const folder = temporaryFolder();
  await kgitJson('.', ['init', folder]);
  const watch = startWatch(folder, ['-o', 'jsonl', '--context', 'admin', '--context', 'gone']);
  await until(
    () => server.journal.watches === 1,
    () => watch.said.err,
  );
  const cluster = sample('cld-04-gcp-gke-deleting.yaml');
  server.remove(cluster);
  const changed = () => watch.rows().filter(({ type }) => type === 'changed');
  await until(
    () => changed().length === 1,
    () => watch.said.out,
  );
  expect(watch.rows()[0]).toMatchObject({
    ...{ type: 'context', context: 'gone' },
    error: { code: 'CLUSTER', data: { cause: 'unknown-context' } },
  });
  expect(changed()).toMatchObject([{ from: 'Deleting', to: null }]);
  watch.child.kill('SIGINT');
  expect(await watch.closed).toBe(17);
  expect(watch.said.err).toContain('not watched at the end: context "gone"');
});

it('shows the table, then a line per transition; ends with 17 where it may watch no more', async () => {
  const folder = temporaryFolder();
  await kgitJson('.', ['init', folder]);
  const watch = startWatch(folder, ['-n', 'kcm-system', '--utc']);
  await until(
    () => server.journal.watches === 1,
    () => watch.said.err,
  );
  const { status: _, ...bare } = READY;
  server.apply(bare as KubeObject);
  server.apply(sample('cld-03-aws-failed-capi.yaml'));
  await until(
    () => watch.said.out.includes('Ready -> New'),
    () => watch.said.out,
  );
  expect(watch.said.out).toMatch(
    /NAMESPACE +NAME +STATE[\s\S]*default\/kcm-system\/azure-prod-weu {2}Ready -> New/,
  );
  server.inject({ kind: 'forbidden', when: ({ query }) => query.has('watch') });
  server.journal.tell('end');
  expect(await watch.closed).toBe(17);
  expect(watch.said.err).toContain('403');
  expect((await kgit(folder, ['status', '--watch', '-o', 'json'])).code).toBe(2);
  expect((await kgit(folder, ['status', '--record'])).code).toBe(2);
});

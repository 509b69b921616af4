import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Observer } from '../../../src/app/observe/observer.js';
import { ClusterError } from '../../../src/errors.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { kubectlFor, requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { SAMPLES_NOW } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { memoryContext } from '../../support/memory-context.js';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({
    managements: [sample('mgmt-01-healthy.yaml')],
    kubeSystemUid: '5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00',
  });
});
beforeEach(() => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
});
afterAll(() => server.stop());

async function observerOf(learnsNot: string | null = null) {
  const memory = memoryContext();
  const notes: string[] = [];
  const observer = new Observer(await memory.read(), {
    kubectl: () => kubectlFor(server),
    contexts: [],
    learnsNot,
    actor: memory.writer().actor,
    ids: memory.ids,
    now: () => SAMPLES_NOW.getTime(),
    note: (text) => notes.push(text),
    asking: (work) => work,
    broken: new SkippedEvents(),
  });
  const learned = async () => {
    const { reading } = await memory.read();
    return reading.view.read('kgit.yaml');
  };
  return { observer, notes, learned, memory };
}

it('notes at the first look what a management cluster is known by, and says so once', async () => {
  const { observer, notes, learned } = await observerOf();
  await observer.observe([], {});
  await observer.observe([], {});
  expect(await learned()).toContain('kube-system-uid:5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00');
  expect(notes.filter((text) => text.startsWith('first look at management cluster default'))).toHaveLength(1);
});

it('writes nothing where it is not to learn, and says why', async () => {
  const { observer, notes, memory } = await observerOf('--no-learn');
  await observer.observe([], {});
  expect((await memory.store.head()).revision).toBe(
    (await (await observerOf()).memory.store.head()).revision,
  );
  expect(notes).toEqual([expect.stringContaining('is not in kgit.yaml (--no-learn)')]);
});

it('tells where a cluster of that name is, when the one that is asked for is not known', async () => {
  const { observer } = await observerOf('--no-learn');
  const { clusters } = await observer.observe([], {});
  const [known] = clusters;
  const error = await observer.notKnown(cluster('default', 'elsewhere', known?.name ?? ''));
  expect(error.suggestions).toContain(`Did you mean ${known?.namespace}/${known?.name}?`);
});

it('explains a live cluster with its time line, and has of one that is gone what is recorded', async () => {
  const { observer } = await observerOf('--no-learn');
  const { clusters } = await observer.observe([], {});
  const { namespace = '', name = '' } = clusters[0] ?? {};
  const one = cluster('default', namespace, name);
  const { objects } = await observer.observe([], { namespace, name });
  const [kept] = objects.values();
  if (!kept) throw new Error('the object was not kept');
  expect((await observer.explain(one, kept, 5, false)).timeLine.length).toBeLessThanOrEqual(10);
  expect(await observer.recordedTimeLine(one, 5)).toEqual([]);
});

it('a cluster that cannot be asked is an error, not an empty list', async () => {
  const { observer } = await observerOf();
  Object.assign(server.cluster, { versions: [] });
  await expect(observer.observe([], {})).rejects.toBeInstanceOf(ClusterError);
});

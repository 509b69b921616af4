import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import { formatTimestamp, type KgitEvent } from '../../../src/model/event/event.js';
import { formatEvent } from '../../../src/model/event/event-file.js';
import type { EventFilter } from '../../../src/model/event/event-filter.js';
import type { Operation } from '../../../src/model/operation/operation.js';
import { operationToJson } from '../../../src/model/operation/operation.js';
import { operationFromJson } from '../../../src/model/operation/operation-schema.js';
import { fold } from '../../../src/model/state/apply.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { eventPath, eventsFolder, sealedPath, statePath } from '../../../src/model/subject/layout.js';
import { cluster, deployment, formatSubject, type Subject } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { MAX_YAML_BYTES, parseYaml } from '../../../src/model/yaml/yaml.js';
import { sealMonths } from '../../../src/store/plan/seal-months.js';
import type { Backend } from '../../../src/store/port/backend.js';
import { readClusters } from '../../../src/store/read/cluster-records.js';
import { EventFinder } from '../../../src/store/read/event-finder.js';
import { publishedEvents } from '../../../src/store/read/event-log.js';
import { type PageOptions, readPage } from '../../../src/store/read/event-page.js';
import { listSubjects, readEvents } from '../../../src/store/read/records.js';
import { summarise } from '../../../src/store/read/summaries.js';
import { existingRecords } from '../../../src/sync/plan/existing-records.js';
import { emptyRepository } from '../../support/git-fixtures.js';
import { MemoryStore } from '../../support/memory-store.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';
import { anId, repositoryOf, T0 } from '../../support/store-fixtures.js';

const SUBJECTS: readonly Subject[] = [
  deployment('d'),
  cluster('default', 'kcm-system', 'prod'),
  cluster('default', 'kcm-system', 'x.1'),
];
const MONTHS = ['2025-05', '2025-06', '2025-07', '2025-08'];
const ACTIONS = ['touched', 'cluster_created', 'cluster_deleted'];
const NO_FILTER: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };
const actor = { name: 'Ada', email: 'ada@example.com' };
const options = {
  queue: false,
  requirePublish: false,
  dryRun: false,
  withdraw: false,
  deadline: T0 + 60_000,
};

type Step =
  | {
      readonly do: 'write';
      readonly events: readonly { subject: number; month: number; day: number; n: number }[];
    }
  | {
      readonly do: 'set';
      readonly month: number;
      readonly key: string;
      readonly value: number;
      readonly n: number;
    }
  | { readonly do: 'seal'; readonly month: number };

const place = { month: fc.nat({ max: 3 }), n: fc.nat({ max: 40 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      events: fc.array(fc.record({ subject: fc.nat({ max: 2 }), day: fc.nat({ max: 3 }), ...place }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  fc.record({
    do: fc.constant('set' as const),
    key: fc.constantFrom('a', 'b'),
    value: fc.nat({ max: 3 }),
    ...place,
  }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('seal' as const), month: fc.integer({ min: 1, max: 4 }) }),
  },
);

function eventOf(month: number, day: number, n: number, more: object = {}): KgitEvent {
  const time = Date.UTC(2025, 4 + month, 1 + day);
  // Numbers that come again with another content: an id is taken, or it is a repeat.
  const message = n % 5 === 0 ? 'a: "b"\n---\n - c' : `n${n % 3}`;
  const base = { id: makeUlid(time, BigInt(n % 20)), timestamp: formatTimestamp(time - (n % 4) * 3e9) };
  const fields = { message, user: `u${n % 2}`, outcome: 'succeeded' };
  return { ...base, action: ACTIONS[n % 3] as string, ...fields, ...more } as KgitEvent;
}

/** A write takes only events whose ids are of their time. */
const at = (month: number, day: number) => formatTimestamp(Date.UTC(2025, 4 + month, 1 + day));

function operationOf(step: Step): Operation {
  const base = { id: anId(), time: T0, actor, title: step.do };
  if (step.do === 'seal')
    return { ...base, events: [], seal: { before: [...MONTHS, '2025-09'][step.month] as string } };
  if (step.do === 'write') {
    const events = step.events.map(({ subject, month, day, n }) => ({
      subject: SUBJECTS[subject] as Subject,
      event: eventOf(month, day, n, { timestamp: at(month, day) }),
    }));
    return { ...base, events };
  }
  const more = { action: 'state_changed', timestamp: at(step.month, 3) };
  const event = eventOf(step.month, 3, 100 + step.n, more);
  const edits = [{ op: 'set' as const, path: parseStatePath(step.key), value: step.value }];
  const change = { deployment: 'd', event: event.id, edits, preconditions: [] };
  return { ...base, events: [{ subject: deployment('d'), event }], change };
}

/** Does the steps; how each write ended. */
async function carryOut(store: Backend, steps: readonly Step[]): Promise<string[]> {
  const { repository } = repositoryOf(store);
  const ends: string[] = [];
  for (const step of steps) {
    const end = await repository.write(operationOf(step), options).then(
      ({ delivery, duplicates, changes }) => JSON.stringify([delivery, duplicates, changes]),
      (error: Error) => error.message,
    );
    if (step.do !== 'seal') ends.push(end);
  }
  return ends;
}

/** Every page of a log, older and older, and the answers of paging the other way. */
async function pages(
  log: () => Promise<Parameters<typeof readPage>[0]>,
  filter: EventFilter,
): Promise<unknown[]> {
  const ask = async (more: Partial<PageOptions>) => readPage(await log(), { filter, limit: 3, ...more });
  const answers: unknown[] = [];
  // Ids are unique per subject alone: pages over all may come round again.
  for (let before: string | undefined, last = false; !last && answers.length < 40; ) {
    const page = await ask({ before });
    answers.push(page);
    last = page.next === null;
    before = page.next ?? undefined;
    if (page.next !== null) answers.push(await ask({ after: page.next }));
  }
  return answers;
}

/** All that can be asked of the record. */
async function answers(store: Backend): Promise<unknown> {
  const { revision } = await store.head();
  const view = store.view(revision);
  const subjects = await listSubjects(view);
  const filters: EventFilter[] = [
    NO_FILTER,
    { ...NO_FILTER, actions: ['touched'], grep: ['N1'] },
    { ...NO_FILTER, since: Date.UTC(2025, 5, 1), until: Date.UTC(2025, 6, 2), users: ['u1'] },
  ];
  const timeline = async () => publishedEvents(store, revision, view, []);
  const logs: unknown[] = [];
  for (const filter of filters) {
    logs.push(await pages(timeline, filter));
    for (const subject of subjects)
      logs.push(await pages(async () => (await readEvents(view, subject)).reverse(), filter));
  }
  const published: KgitEvent[] = [];
  for await (const { subject, read } of await timeline())
    if (subject.kind === 'deployment') published.unshift(read());
  const finder = new EventFinder(view);
  const found: unknown[] = [];
  const wanted = MONTHS.flatMap((_, month) =>
    [0, 1, 2, 3].flatMap((day) => Array.from({ length: 20 }, (_, n) => eventOf(month, day, n))),
  );
  for (const subject of SUBJECTS)
    for (const { id } of wanted) found.push((await finder.find(subject, id))?.read() ?? null);
  const imported = SUBJECTS.flatMap((subject) => wanted.map((event) => ({ subject, event })));
  const existing = await existingRecords(view, [{ deployment: 'd', events: imported }]);
  return {
    logs,
    found,
    imported: imported.map(({ subject, event }) => existing.hasEvent(subject, event.id)),
    list: await summarise(view, subjects),
    clusters: await readClusters(view),
    fold: fold(published),
    state: parseYaml((await view.read(statePath('d'))) ?? '{}', 's'),
  };
}

async function filesBelow(store: Backend, folder = ''): Promise<string[]> {
  const entries = (await store.view((await store.head()).revision).list(folder)) ?? [];
  const paths = entries.map(async ({ name, kind }) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    return kind === 'folder' ? filesBelow(store, path) : [path];
  });
  return (await Promise.all(paths)).flat();
}

async function sameWithAndWithout(open: () => Promise<Backend>, numRuns: number): Promise<void> {
  const events = (month: number) => [0, 1, 2].map((subject) => ({ subject, day: 0, month, n: month }));
  const many = [0, 1, 2, 3].map((month) => ({ do: 'write' as const, events: events(month) }));
  let sealings = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
      const [sealed, plain] = [await open(), await open()];
      const ends = await carryOut(sealed, steps);
      expect(ends).toEqual(
        await carryOut(
          plain,
          steps.filter((step) => step.do !== 'seal'),
        ),
      );
      const wanted = await answers(plain);
      expect(await answers(sealed)).toEqual(wanted);
      // Once more over all: no event file of its own is left, and still the same.
      await carryOut(sealed, [{ do: 'seal', month: 4 }]);
      expect((await filesBelow(sealed)).filter((path) => /\/\d{4}-\d\d\//.test(path))).toEqual([]);
      expect(await answers(sealed)).toEqual(wanted);
      sealings += (await filesBelow(sealed)).filter((path) => /\d{4}-\d\d\.yaml$/.test(path)).length;
      await Promise.all([sealed.close(), plain.close()]);
    }),
    { numRuns, examples: [[many]] },
  );
  // The example alone seals three months of three subjects.
  expect(sealings).toBeGreaterThanOrEqual(9);
}

describe('any sequence of writes and sealings answers as without sealing', () => {
  it('in memory', () => sameWithAndWithout(async () => new MemoryStore(), 60));
  it('in git', () => sameWithAndWithout(() => openGitStore(emptyRepository()), 5));
});

describe('sealing', () => {
  const prod = SUBJECTS[1] as Subject;
  const [one, two] = [eventOf(0, 0, 1), eventOf(0, 0, 2)];
  const path = eventPath(prod, one);
  const sealedFile = sealedPath(prod, '2025-05');
  const folder = `${eventsFolder(prod)}/2025-05`;
  const viewOf = async (files: Record<string, string>) => {
    const store = new MemoryStore();
    await store.swap(null, [commit(files)], 1_000);
    return store.view((await store.head()).revision);
  };

  it('is an operation that the outbox keeps', () => {
    const operation = operationOf({ do: 'seal', month: 2 });
    expect(operationFromJson(JSON.parse(JSON.stringify(operationToJson(operation))))).toEqual(operation);
    const bad = { ...operation, seal: { before: '../2025' } };
    expect(operationFromJson(JSON.parse(JSON.stringify(operationToJson(bad))))).toBeNull();
  });

  it('leaves what is no event where it is', async () => {
    const view = await viewOf({
      [path]: formatEvent(one),
      [`${folder}/README.md`]: 'x',
      [`${folder}/sub/y`]: 'y',
    });
    const { files, sealing } = await sealMonths(view, '2025-06');
    expect([...files].map(([path, text]) => [path, text === null])).toEqual([
      [path, true],
      [sealedFile, false],
    ]);
    expect(sealing).toEqual({
      sealed: [{ subject: formatSubject(prod), month: '2025-05', events: 1 }],
      files: 1,
      tooLarge: [],
    });
    expect((await sealMonths(view, '2025-05')).files.size).toBe(0);
  });

  it('joins an event once that lies in both forms, and refuses it with other content', async () => {
    const { files } = await sealMonths(await viewOf({ [path]: formatEvent(one) }), '2025-06');
    const sealed = files.get(sealedFile) as string;
    const both = await viewOf({
      [sealedFile]: sealed,
      [path]: formatEvent(one),
      [eventPath(prod, two)]: formatEvent(two),
    });
    expect((await readEvents(both, prod)).map(({ head }) => head.id)).toEqual([two.id, one.id]);
    expect(await summarise(both, [prod])).toMatchObject([{ events: 2, last: two }]);
    expect((await sealMonths(both, '2025-06')).sealing).toMatchObject({ files: 2, sealed: [{ events: 2 }] });
    const other = await viewOf({ [sealedFile]: sealed, [path]: formatEvent({ ...one, message: 'other' }) });
    await expect(sealMonths(other, '2025-06')).rejects.toThrow(InvalidStateError);
  });

  it('refuses an event whose file is called otherwise, for its name would be lost', async () => {
    const view = await viewOf({ [path]: formatEvent(two) });
    await expect(sealMonths(view, '2025-06')).rejects.toThrow(eventPath(prod, two).split('/').pop());
  });

  it('leaves a month that would become too large to be read, and seals the others', async () => {
    const big = (n: number) => eventOf(0, 0, n, { notes: 'x'.repeat(255 * 1024) });
    const count = Math.ceil(MAX_YAML_BYTES / (255 * 1024));
    const files = Array.from({ length: count }, (_, n) => {
      const event = { ...big(n), id: makeUlid(Date.UTC(2025, 4, 1), BigInt(n)) };
      return [eventPath(prod, event), formatEvent(event)] as const;
    });
    const june = eventOf(1, 0, 1);
    const view = await viewOf({ ...Object.fromEntries(files), [eventPath(prod, june)]: formatEvent(june) });
    const { files: changes, sealing } = await sealMonths(view, '2025-07');
    expect([...changes.keys()]).toEqual([`${eventsFolder(prod)}/2025-06`, sealedPath(prod, '2025-06')]);
    expect(sealing.sealed).toMatchObject([{ month: '2025-06' }]);
    expect(sealing.tooLarge).toMatchObject([{ month: '2025-05' }]);
    expect(sealing.tooLarge[0]?.bytes).toBeGreaterThan(MAX_YAML_BYTES);
  });
});

import { expect, it } from 'vitest';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { ABOUT_DEPLOYMENTS, aboutNamed, aboutSubjects } from '../../../src/store/read/entries-about.js';
import { readEvents, readState } from '../../../src/store/read/records.js';
import {
  anId,
  eventOperation,
  FaultyStore,
  repositoryOf,
  setOperation,
} from '../../support/store-fixtures.js';

const other = cluster('default', 'kcm-system', 'other');
const prod = cluster('default', 'kcm-system', 'prod');

it('a reading about a subject has what waits of it, and is not planned of the rest', async () => {
  const { repository, outbox } = repositoryOf(new FaultyStore());
  for (let i = 0; i < 5; i++) await repository.keep(eventOperation('touched', 'other'));
  await repository.keep(setOperation('a', 1));
  await repository.keep(setOperation('b', 2));
  const about = await repository.read('never', 0, aboutSubjects([deployment('d')]));
  expect(await readState(about.view, 'd')).toEqual({ a: 1, b: 2 });
  expect(about.pending).toHaveLength(2);
  expect(await readEvents(about.view, other)).toEqual([]);
  expect(await outbox.list((text) => text.includes('"deployment/d"'))).toHaveLength(2);
});

it('what waits is whole or not there: an operation that is refused for another subject is not shown', async () => {
  const { repository } = repositoryOf(new FaultyStore());
  const refused = setOperation('a', 1, [{ check: 'equals', path: ['phase'], value: 'ready' }]);
  const { events } = eventOperation('told', 'prod');
  await repository.keep({ ...refused, events: [...refused.events, ...events] });
  // Both ways: what the other subject waits for decides.
  const ready = setOperation('phase', 'ready');
  expect(await readEvents((await repository.read('never', 0, aboutSubjects([prod]))).view, prod)).toEqual([]);
  const { repository: whole } = repositoryOf(new FaultyStore());
  await whole.keep(ready);
  await whole.keep({ ...refused, id: anId(), events: [...refused.events, ...events] });
  expect(await readEvents((await whole.read('never', 0, aboutSubjects([prod]))).view, prod)).toHaveLength(1);
  const all = await whole.read('never', 0);
  expect((await whole.read('never', 0, aboutSubjects([prod]))).pending.map(({ id }) => id)).toEqual(
    all.pending.map(({ id }) => id),
  );
});

it.each([
  ['deployment/d', { a: 1 }, 0],
  ['d', { a: 1 }, 0],
  ['kcm-system/other', null, 1],
])(
  'a reading about what is named %s has what waits of each subject of that name',
  async (text, state, events) => {
    const { repository } = repositoryOf(new FaultyStore());
    await repository.keep(eventOperation('touched', 'other'));
    await repository.keep(setOperation('a', 1));
    const { view } = await repository.read('never', 0, aboutNamed(text));
    expect(await readState(view, 'd')).toEqual(state);
    expect(await readEvents(view, other)).toHaveLength(events);
  },
);

it('a reading about all deployments has what waits of each, and of nothing else', async () => {
  const { repository } = repositoryOf(new FaultyStore());
  await repository.keep(eventOperation('touched', 'other'));
  await repository.keep(setOperation('a', 1));
  const { view, pending } = await repository.read('never', 0, ABOUT_DEPLOYMENTS);
  expect(await readState(view, 'd')).toEqual({ a: 1 });
  expect(await readEvents(view, other)).toEqual([]);
  expect(pending).toHaveLength(1);
});

import { expect, it } from 'vitest';
import { listedSubjects } from '../../../src/app/read/list-subjects.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { REFUSE_BROKEN } from '../../../src/model/event/broken-events.js';
import { memoryWriting } from '../../support/memory-writing.js';

it('lists subjects in order, with the number of their events and the last one', async () => {
  const { writing, begin, read } = memoryWriting();
  await begin({ 'deployment.phase': 'a' });
  await writeEvent(await writing(), { word: 'prod' }, { action: 'first' });
  const { event } = await writeEvent(await writing(), { word: 'prod' }, { action: 'second' });
  const { reading } = await read();
  const all = await listedSubjects(reading.view, undefined, REFUSE_BROKEN);
  const subject = 'cluster/default/kcm-system/prod';
  expect(all).toEqual([
    { subject, events: 2, lastEvent: { ...event, subject } },
    {
      subject: 'deployment/dep-a',
      events: 1,
      lastEvent: expect.objectContaining({ action: 'begun', subject: 'deployment/dep-a' }),
    },
  ]);
  for (const [i, kind] of (['cluster', 'deployment'] as const).entries())
    expect(await listedSubjects(reading.view, kind, REFUSE_BROKEN)).toEqual([all[i]]);
});

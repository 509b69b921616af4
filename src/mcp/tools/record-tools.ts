/** The tools that read what is recorded. */
import * as z from 'zod/mini';
import { namingOf, recordedSubject } from '../../app/open/subjects.js';
import { eventFilter } from '../../app/read/event-filter.js';
import { pageSubjects } from '../../app/read/list-subjects.js';
import { pageMaskedEvents } from '../../app/read/page-masked-events.js';
import { eventsJson } from '../../cli/render/json/events-json.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import { isMap } from '../../model/value/value.js';
import { documentOf } from '../answers/document.js';
import { READS } from './hints.js';
import * as inputs from './inputs.js';
import { defineTool } from './tool.js';

/** Returns a text of a row; null if it has none. */
const textOf = (row: unknown, key: string) => (isMap(row) && typeof row[key] === 'string' ? row[key] : null);

export const listTool = defineTool({
  name: 'list',
  title: 'List deployments and clusters',
  description:
    'Lists the deployments and clusters that the state repository knows, each with the number of its events and the last one. For the live state of clusters call status.',
  kind: 'ListResult',
  ifLate: 'Ask for one kind, or with a smaller limit',
  hints: READS,
  input: z.strictObject({
    kind: z.optional(z.enum(['deployment', 'cluster'])),
    limit: inputs.limit(200, 50),
    after: z.optional(inputs.word('Only subjects behind this one: the `next` of a page.')),
  }),
  answer: async ({ repository }, { kind, limit, after }, { turn }) => {
    const context = await repository.read(turn);
    const skipped = new SkippedEvents();
    const page = await pageSubjects(context.reading.view, kind, { after, limit }, skipped);
    const items = page.items.map((item) => ({
      ...item,
      lastEvent: item.lastEvent && { ...maskedEvent(item.lastEvent), subject: item.subject },
    }));
    return {
      document: documentOf(context, 'ListResult', { items, next: page.next }, skipped),
      rows: { key: 'items', keep: 'first', next: (kept) => textOf(kept.at(-1), 'subject') },
    };
  },
});

export const logTool = defineTool({
  name: 'log',
  title: 'Read events',
  description:
    'Reads events, newest last: those of one subject in the order of their times, without a subject those of all in the order of publishing. Different filters are combined with and, the values of one with or. `next` is the `before` of the next, older page.',
  kind: 'LogResult',
  ifLate: 'Name a subject or a later `since`, or ask with a smaller limit',
  hints: READS,
  input: z.strictObject({
    subject: z.optional(
      inputs.word('deployment/ID, cluster/[[MANAGEMENT/]NAMESPACE/]NAME, or a cluster name.'),
    ),
    action: z.optional(inputs.words('With one of these actions.')),
    user: z.optional(inputs.words('By one of these users.')),
    outcome: z.optional(inputs.outcomes),
    phase: z.optional(inputs.words('Of one of these phases.')),
    run: z.optional(inputs.words('Of one of these runs.')),
    grep: z.optional(inputs.words('With one of these texts in any field, ignoring case.')),
    since: z.optional(inputs.word('At or after this time: 2025-07-11T14:30:00Z, 2025-07-11, 3d, yesterday.')),
    until: z.optional(inputs.word('Before this time.')),
    limit: inputs.limit(200, 20),
    before: z.optional(inputs.word('Only events before the one with this id: the `next` of a page.')),
  }),
  answer: async ({ repository, now }, { subject: name, limit, before, ...words }, { turn }) => {
    const filter = eventFilter(words, now());
    const context = await repository.read(turn);
    const subject = name === undefined ? null : await recordedSubject(name, namingOf(context));
    const skipped = new SkippedEvents();
    const page = await pageMaskedEvents(context, { subject, filter, limit, before }, skipped);
    return {
      document: documentOf(context, 'LogResult', eventsJson(page.events, page.next), skipped),
      rows: { key: 'events', keep: 'last', next: (kept) => textOf(kept[0], 'id') },
    };
  },
});

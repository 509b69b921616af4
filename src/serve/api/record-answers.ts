import { namingOf, recordedSubject } from '../../app/open/subjects.js';
import { eventFilter } from '../../app/read/event-filter.js';
import { listedSubjects } from '../../app/read/list-subjects.js';
import { pageMaskedEvents } from '../../app/read/page-masked-events.js';
import { eventsJson } from '../../cli/render/json/events-json.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import { formatSubject } from '../../model/subject/subject.js';
import { listSubjects } from '../../store/read/records.js';
import { NotReadyError } from '../http/not-ready-error.js';
import { type Answering, type ApiParts, type ApiRequest, documentOf } from './api-parts.js';
import { activityOf } from './events/activity.js';
import { queryEvents } from './events/query-events.js';
import { runsOf } from './events/runs.js';
import { subjectSummaries } from './events/subjects.js';

function filterOf({ query }: ApiRequest, now: number) {
  return eventFilter(
    {
      since: query.text('since'),
      until: query.text('until'),
      action: query.texts('action'),
      user: query.texts('user'),
      outcome: query.texts('outcome'),
      phase: query.texts('phase'),
      run: query.texts('run'),
      grep: query.texts('grep'),
    },
    now,
  );
}

/** The subject that the query names; null if it names none. Throws UsageError, NotFoundError. */
async function subjectOf({ monitor: { context } }: ApiParts, { query }: ApiRequest) {
  const name = query.text('subject');
  return name === undefined ? null : recordedSubject(name, namingOf(context));
}

/** When a client that found the index unfinished asks again, in seconds. */
const RETRY_SECONDS = 5;
/** How long such a client waits before it is told so, in ms. */
const PATIENCE_MS = 500;

/** Brings the index up to date. Throws NotReadyError while it is being built. */
async function readyIndex({ index }: ApiParts): Promise<void> {
  if ((await index.soon(PATIENCE_MS)) !== null) return;
  const read = index.read.toLocaleString('en-US');
  throw new NotReadyError(`the server is still reading the history: ${read} events so far`, RETRY_SECONDS);
}

/** A page of events; from the store while the index is being built. */
export const eventsAnswer: Answering = async (parts, request) => {
  const { index, now } = parts;
  const { query } = request;
  const subject = await subjectOf(parts, request);
  const asked = {
    ...{ subject, filter: filterOf(request, now()) },
    ...{ limit: query.count('limit'), before: query.text('before') },
  };
  const context = await index.ready();
  const skipped = context === null ? new SkippedEvents() : index.skipped;
  const { events, next } =
    context === null
      ? await pageMaskedEvents(parts.monitor.context, asked, skipped)
      : await queryEvents(index, context, asked);
  return documentOf(parts, 'LogResult', eventsJson(events, next), skipped);
};

/** Events by day and outcome. */
export const activityAnswer: Answering = async (parts, { query }) => {
  const { index, now } = parts;
  await readyIndex(parts);
  const days = activityOf(index, query.count('days'), now());
  return documentOf(parts, 'ActivityResult', { days, complete: index.isComplete });
};

/** Runs from start to end. */
export const runsAnswer: Answering = async (parts, request) => {
  const { index, now } = parts;
  const subject = await subjectOf(parts, request);
  await readyIndex(parts);
  const runs = runsOf(index, {
    ...{ subject: subject === null ? undefined : formatSubject(subject) },
    ...{ filter: filterOf(request, now()), limit: request.query.count('limit') },
  });
  return documentOf(parts, 'RunsResult', { runs, complete: index.isComplete });
};

/** The deployments and clusters that the repository knows. */
export const subjectsAnswer: Answering = async (parts) => {
  const { index } = parts;
  const context = await index.ready();
  const { view } = (context ?? parts.monitor.context).reading;
  if (context !== null && index.isComplete) {
    const known = subjectSummaries(index);
    const items = (await listSubjects(view)).map((one) => {
      const subject = formatSubject(one);
      return { subject, ...(known.get(subject) ?? { events: 0, lastEvent: null }) };
    });
    return documentOf(parts, 'ListResult', { items }, index.skipped);
  }
  const skipped = new SkippedEvents();
  const items = (await listedSubjects(view, undefined, skipped)).map((item) => {
    const { lastEvent, subject } = item;
    return { ...item, lastEvent: lastEvent && { ...maskedEvent(lastEvent), subject } };
  });
  return documentOf(parts, 'ListResult', { items }, skipped);
};

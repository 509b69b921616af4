/** Results that only the API of `kgit serve` gives. */
import { z } from 'zod';
import { action, count, errorBody, revision, subject, ulid, utcTime } from './parts.js';

const nullableText = z.string().nullable();

export const activityShapes = [
  {
    days: z
      .array(
        z.object({
          day: z
            .string()
            .regex(/^\d{4}-\d\d-\d\d$/)
            .describe('YYYY-MM-DD, of UTC.'),
          events: count.describe('All events of the day.'),
          started: count,
          succeeded: count,
          failed: count,
          other: count.describe('Events without an outcome.'),
        }),
      )
      .describe('Oldest first, without gaps.'),
    complete: z
      .boolean()
      .describe('Whether all events are counted; if not, the oldest of the repository are left out.'),
  },
];

export const runsShapes = [
  {
    runs: z
      .array(
        z.object({
          runId: z.string(),
          subject,
          action,
          user: nullableText,
          started: utcTime,
          ended: utcTime.nullable().describe('Null while it runs.'),
          outcome: z.string().describe('started while it runs.'),
          durationSeconds: z.number().nonnegative().nullable().describe('Null while it runs.'),
          startEvent: ulid,
          endEvent: ulid.nullable(),
        }),
      )
      .describe('By their starts, newest last.'),
    complete: z.boolean().describe('Whether all events were searched; if not, the oldest were left out.'),
  },
];

export const proposalsShapes = [
  {
    proposals: z.array(
      z.object({
        branch: z.string(),
        revision: revision.describe('Its tip.'),
        subjects: z.array(subject).describe('What it is about.'),
        users: z.array(z.string()).describe('Who made its events.'),
        proposedAt: utcTime.nullable().describe('The time of its newest event; null if it adds none.'),
        events: count.describe('How many events it adds.'),
        title: nullableText.describe('Of the request to merge; null if none is known.'),
        url: nullableText.describe('The request to merge, or where to open one; null if neither is known.'),
        number: count.nullable().describe('Of the request to merge; null if none is known.'),
      }),
    ),
    noForge: nullableText.describe('Why the forge was not asked; null if it was.'),
  },
];

const ms = count.describe('In ms since the epoch.');
const failure = errorBody.nullable();

/** How the parts of a server are; also the data of `event: server` of its stream. */
const health = z.object({
  startedAt: ms,
  repository: z.object({
    revision: revision.nullable(),
    fetchedAt: ms.nullable().describe('The last fetch that succeeded; null without a server.'),
    error: failure.describe('Why it cannot be read or fetched now.'),
    rewrittenAt: ms.nullable().describe('When its history was last seen to be rewritten.'),
    skipped: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .describe('Events and states that cannot be read: the first ones.'),
  }),
  contexts: z.array(
    z.object({
      context: z.string(),
      management: nullableText,
      observedAt: ms.nullable().describe('When something was last heard from it; null if never.'),
      error: failure,
    }),
  ),
  journal: z.object({
    error: failure.describe('Why news cannot be kept now.'),
    held: count.describe('News that is held back until then.'),
    damaged: z
      .array(z.object({ path: z.string(), why: z.string(), movedTo: nullableText }))
      .describe('Files that were damaged and set aside at the start.'),
  }),
  outbox: z.object({ waiting: count, oldest: ms.nullable() }),
});

export const serverShapes = [
  {
    version: z.string(),
    health,
    notifications: z
      .array(
        z.object({
          name: z.string(),
          type: z.string(),
          rules: z.array(z.string()),
          state: z.string(),
          waiting: count,
          attempts: count.describe('Tries of what is being sent.'),
          nextTry: ms.nullable(),
          delivered: count,
          digests: count,
          retries: count,
          dead: count.describe('Messages that were given up.'),
          gaps: count.describe('How often news were gone before the target had them.'),
          lastDelivery: ms.nullable(),
          lastFailure: z.object({ at: ms, reason: z.string() }).nullable(),
          lastDead: z
            .array(
              z.object({ id: z.string(), title: z.string(), at: ms, attempts: count, reason: z.string() }),
            )
            .describe('The latest messages that were given up, oldest first.'),
          problem: nullableText.describe(
            'Why its place cannot be kept, so that a restart sends messages again; null if it can.',
          ),
        }),
      )
      .describe('The targets of notifications.'),
    index: z
      .object({
        events: count,
        bytes: count,
        complete: z.boolean().describe('Whether these are all events of the repository.'),
      })
      .describe('The events in memory.'),
  },
];

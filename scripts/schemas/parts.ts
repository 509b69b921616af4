/** Shapes that several schemas have in common. */
import { z } from 'zod';
import { EXIT_CODES } from '../../src/errors.js';
import {
  ACTION,
  EVENT_FIELD_LIST,
  type FieldKind,
  HEAD_FIELDS,
  LIFECYCLES,
  OUTCOMES,
} from '../../src/model/event/event.js';
import { MAX_TEXT, MAX_WORD } from '../../src/model/event/event-schema.js';
import { REVISION } from '../../src/model/value/revision.js';
import { ULID } from '../../src/model/value/ulid.js';

export const count = z.int().nonnegative();
export const ulid = z.string().regex(ULID);
export const revision = z.string().regex(REVISION);
export const action = z.string().regex(ACTION);
export const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
/** As kgit writes it: UTC, milliseconds only where there are any. */
export const utcTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
export const subject = z
  .string()
  .regex(/^(deployment\/[^/]+|cluster\/[^/]+\/[^/]+\/[^/]+|lock\/.+|management\/[^/]+)$/);
export const errorCode = z.enum(Object.keys(EXIT_CODES) as [keyof typeof EXIT_CODES]);

export const change = z
  .object({
    path: z.string().describe('Dotted path in state.yaml; odd keys quoted, items of a list by index.'),
    before: z.unknown().optional().describe('What was there; left out where nothing was.'),
    after: z.unknown().optional().describe('What is there now; left out where the path was removed.'),
    secret: z.literal(true).optional().describe('A secret of the team: its values are in no event.'),
    removed: z.literal(true).optional().describe('Of a secret: it was removed.'),
  })
  .describe('One change of the state.');

const mapping = z.looseObject({});

/** The fields of a stored event by their kinds. */
const KINDS: Readonly<Record<FieldKind, z.ZodType>> = {
  ulid,
  time: utcTime,
  action,
  word: z.string().min(1).max(MAX_WORD),
  text: z.string().max(MAX_TEXT),
  outcome: z.enum(OUTCOMES),
  lifecycle: z.enum(LIFECYCLES),
  duration: z.number().nonnegative(),
  mapping,
  changes: z.array(change),
  override: z.object({ reason: z.string().min(1), paths: z.array(z.string()) }),
  conditions: z.array(
    z.object({
      path: z.string().optional().describe('Dotted path in state.yaml.'),
      equals: z.unknown().optional().describe('It has this value.'),
      absent: z.literal(true).optional().describe('It is not there.'),
      lacks: z.unknown().optional().describe('Nothing is there that this value would replace.'),
      unchanged_since: z.string().optional().describe('The state is what it was at this revision.'),
    }),
  ),
};
const isHead = (name: string) => HEAD_FIELDS.some((field) => field === name);

/** The keys of a stored event in its file. */
export const eventFields = Object.fromEntries(
  EVENT_FIELD_LIST.map(([name, { kind, about }]) => {
    const field = KINDS[kind];
    return [name, (isHead(name) ? field : field.optional()).describe(about)];
  }),
);

/** What readers rely on, by the kind of a field; null if nothing. */
const SHOWN: Readonly<Record<FieldKind, z.ZodType | null>> = {
  ulid,
  time: z.string(),
  action,
  word: z.string(),
  text: z.string(),
  outcome: z.string(),
  lifecycle: z.string(),
  duration: z.number(),
  mapping,
  changes: z.array(change),
  override: null,
  conditions: null,
};

/** An event in a result, with only the keys that readers rely on: a file edited by hand is shown as it is. */
export const shownEvent = z.looseObject(
  Object.fromEntries(
    EVENT_FIELD_LIST.flatMap(([name, { kind }]) => {
      const field = SHOWN[kind];
      return field ? [[name, isHead(name) ? field : field.optional()]] : [];
    }),
  ),
);
export const subjectEvent = shownEvent.extend({ subject });

export const errorBody = z.object({
  code: errorCode,
  message: z.string().min(1).describe('For people; scripts decide by code or exitCode.'),
  exitCode: z.union([...new Set(Object.values(EXIT_CODES))].map((code) => z.literal(code))),
  suggestions: z.array(z.string()).describe('What can be done next.'),
  data: z.looseObject({}).describe('Facts about the failure.'),
});

const rewrite = z.object({
  from: revision.describe('The tip that was known here.'),
  to: revision.describe("The remote's tip, which does not contain it."),
  removed: count
    .nullable()
    .describe(
      'How many commits that were known here are not in the branch any more; null where that is not known.',
    ),
  cause: z
    .enum(['moved', 'lost', 'unclear'])
    .describe(
      'moved: somebody moved the branch. lost: the server does not have the old tip any more. unclear: the server does not say.',
    ),
  operations: z
    .array(ulid)
    .describe(
      'Operations that this clone published and that went with it; where they were lost they wait again.',
    ),
});

export const repository = z
  .object({
    revision: revision.nullable().describe('The tip of the branch; null where nothing was published yet.'),
    fetchedAt: utcTime
      .nullable()
      .describe('When the remote was last asked; null where there is none, or never.'),
    pending: count.describe('How many operations wait in the outbox.'),
    rewrites: z
      .array(rewrite)
      .optional()
      .describe('What was not told yet of rewrites at the remote; left out where there is nothing.'),
  })
  .describe('The repository as it was answered from.');

const delivery = z.enum(['published', 'queued', 'proposed', 'unchanged', 'dry-run']);
export const requestText = z
  .object({ title: z.string(), body: z.string().describe('Markdown.') })
  .describe('What the request to merge is to say; left out where kgit opened or amended it.');
/** Keys of every write's result. */
export const written = {
  operation: ulid.describe('The id of the operation.'),
  revision: revision.nullable().describe('Its commit; null until it is published.'),
  delivery: delivery.describe('What became of it.'),
  attempts: count.describe(
    'How many times this command tried to move the branch; 0 if another clone published its commit as well.',
  ),
  proposal: z
    .object({
      branch: z.string().describe('The branch that is proposed.'),
      revision: revision.describe('Its tip.'),
      url: z
        .string()
        .nullable()
        .describe('The request to merge, or where to open it; null where neither is known.'),
      number: count.nullable().describe('Of the request to merge; null where there is none yet.'),
      request: requestText.optional(),
    })
    .optional()
    .describe('Where it was proposed, with --propose.'),
};
/** The same for a command that may have nothing to write. */
export const perhapsWritten = { ...written, operation: written.operation.nullable() };

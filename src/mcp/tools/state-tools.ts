/** The tools that read the states of deployments. */
import * as z from 'zod/mini';
import type { Context } from '../../app/open/configured.js';
import { compareStates } from '../../app/read/compare-states.js';
import { readValue } from '../../app/read/read-value.js';
import { revisionThen } from '../../app/read/revision-of.js';
import { type SubjectChanges, stateChanges } from '../../app/read/state-changes.js';
import { changesJson, valueJson } from '../../cli/render/json/state-json.js';
import { SecretError, UsageError } from '../../errors.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { masked } from '../../model/secret/masked.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { isMap } from '../../model/value/value.js';
import { maskedRow } from '../../review/masked-row.js';
import { documentOf } from '../answers/document.js';
import { MAX_DOCUMENT_BYTES } from '../answers/fitted.js';
import { jsonBytes } from '../answers/shrunk.js';
import type { ServedContext } from '../served-repository.js';
import { READS } from './hints.js';
import * as inputs from './inputs.js';
import { pageOf } from './page-of.js';
import { type Answer, defineTool } from './tool.js';

/** Largest value that is shown, in bytes of its JSON; the rest of the document is small. */
const MAX_VALUE_BYTES = MAX_DOCUMENT_BYTES - 4_096;
/** Maximum number of paths below a value that is too large, in its error. */
const MAX_PATHS = 100;

/** Returns the open repository with a named deployment as the one that it is about. */
function about<T extends Context>(context: T, deployment: string | undefined): T {
  if (deployment === undefined) return context;
  return { ...context, settings: { ...context.settings, deployment } };
}

const maskedChanges = ({ subject, rows }: SubjectChanges) => ({ subject, rows: rows.map(maskedRow) });

/** Throws UsageError for a value that is too large for an answer; it lists what is below it. */
function checkSize(value: unknown, path: readonly (string | number)[]): void {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_VALUE_BYTES) return;
  const below = isMap(value) || Array.isArray(value) ? Object.entries(value) : [];
  const paths = below.slice(0, MAX_PATHS).map(([key, child]) => ({
    path: formatStatePath([...path, Array.isArray(value) ? Number(key) : key]).slice(0, 300),
    bytes: jsonBytes(child),
  }));
  throw new UsageError(`the value has ${bytes} bytes, more than ${MAX_VALUE_BYTES}`, {
    suggestions: ['Get a path below it: data.paths lists the first of them with their sizes'],
    data: { bytes, most: MAX_VALUE_BYTES, paths },
  });
}

interface ReadValue {
  readonly deployment: string | undefined;
  readonly path: StatePath;
  readonly at: string | undefined;
  readonly value: unknown;
}

/** Masks secrets in a value that was read. Some are secret only beside others, so the whole state is masked. */
async function maskedValue(
  context: Context,
  { deployment, path, at, value }: ReadValue,
  now: number,
): Promise<unknown> {
  const whole = await readValue(about(context, deployment), { path: [], at, mayMiss: true }, now);
  const shown = lookUp(masked(whole.value), path);
  return shown.found ? shown.value : masked(value, path);
}

/**
 * Reads a value with secrets masked. Throws KgitError.
 * @param at a revision or a time; undefined for the state as it is now
 */
export async function readMasked(
  context: ServedContext,
  { deployment, path: text, at }: Readonly<Record<'deployment' | 'path' | 'at', string | undefined>>,
  now: number,
): Promise<Answer> {
  const path = text === undefined ? [] : parseStatePath(text);
  const found = await readValue(about(context, deployment), { path, at, mayMiss: false }, now);
  if (found.isWithheld) throw new SecretError('the value is withheld from the repository, and is not shown');
  const value = await maskedValue(context, { deployment, path, at, value: found.value }, now);
  checkSize(value, path);
  const json = valueJson(found.deployment, formatStatePath(path), value);
  return { document: documentOf(context, 'GetResult', json) };
}

export const getTool = defineTool({
  name: 'get',
  title: "Read a deployment's state",
  description:
    'Reads the value at a path of the state of a deployment, or the whole state. Secrets are shown as *** or {"secret": true}.',
  kind: 'GetResult',
  ifLate: 'Ask for the state as it is now, without `at`',
  hints: READS,
  input: z.strictObject({
    deployment: inputs.deployment,
    path: z.optional(
      inputs.word('Dotted path, such as deployment.phase; odd keys in double quotes, lists by index.'),
    ),
    at: z.optional(inputs.word('The state as it was at a revision or time: 3d, 2025-07-11.')),
  }),
  answer: async ({ repository, now }, { deployment, path, at }, { turn }) =>
    readMasked(await repository.read(turn), { deployment, path, at }, now()),
});

export const historyTool = defineTool({
  name: 'history',
  title: 'Tell who set what in a state',
  description:
    'Without a path: each value of the state of a deployment, with the change that set it. With a path: every change of that value, newest last. Each change says who made it, when and why. `next` is the `skip` of the next page.',
  kind: 'HistoryResult',
  ifLate: 'Name a path, or ask log for what was recorded lately',
  hints: READS,
  input: z.strictObject({
    deployment: inputs.deployment,
    path: z.optional(inputs.word('Dotted path in the state.')),
    limit: inputs.limit(200, 50),
    skip: inputs.skip,
  }),
  answer: async ({ repository }, { deployment, path: text, ...page }, { turn }) => {
    const path = text === undefined ? null : parseStatePath(text);
    const context = await repository.read(turn);
    const skipped = new SkippedEvents();
    const { subject, rows } = await stateChanges(about(context, deployment), path, skipped);
    const shown = pageOf('changes', rows, page, path === null ? 'first' : 'last');
    const json = { ...changesJson([maskedChanges({ subject, rows: shown.items })]), next: shown.next };
    return { document: documentOf(context, 'HistoryResult', json, skipped), rows: shown.rows };
  },
});

export const diffTool = defineTool({
  name: 'diff',
  title: 'Compare states',
  description:
    'Compares the state of a deployment, or of all, path by path between two revisions or times. Without arguments: the last change. Each path comes with the last event that changed it. `next` is the `skip` of the next page.',
  kind: 'DiffResult',
  ifLate: 'Name a deployment, or revisions that are closer to each other',
  hints: READS,
  input: z.strictObject({
    deployment: z.optional(inputs.word('Id of the deployment; all if left out.')),
    from: z.optional(inputs.word('A revision or a time: HEAD~5, 3d, 2025-07-11.')),
    to: z.optional(inputs.word('A revision or a time; the state as it is now if left out.')),
    limit: inputs.limit(200, 50),
    skip: inputs.skip,
  }),
  answer: async ({ repository, now }, { deployment, from, to, ...page }, { turn }) => {
    if (from === undefined && to !== undefined)
      throw new UsageError('`to` is given without `from`', { suggestions: ['Give `from` as well'] });
    const context = await repository.read(turn);
    const revisions = { store: context.opened.repository.store, reading: context.reading };
    const then = (text: string | undefined) =>
      text === undefined ? undefined : revisionThen(text, revisions, now());
    const { changes } = await compareStates(about(context, deployment), await then(from), await then(to));
    const all = changes.flatMap(({ subject, rows }) => rows.map((row) => ({ subject, row })));
    const shown = pageOf('changes', all, page, 'first');
    const json = {
      subject: changesJson(changes).subject,
      changes: shown.items.map(({ subject, row }) => ({ ...maskedRow(row), subject })),
      next: shown.next,
    };
    return { document: documentOf(context, 'DiffResult', json), rows: shown.rows };
  },
});

/** The tools that write. They exist only if whoever started the server allows it. */
import * as z from 'zod/mini';
import { changeState } from '../../app/write/change-state.js';
import { writeEvent } from '../../app/write/write-events.js';
import type { WriteTerms, Writing } from '../../app/write/writing.js';
import { changeResult, eventResult } from '../../cli/render/write/write-result.js';
import { RefusedError, SecretError } from '../../errors.js';
import { formatTimestamp } from '../../model/event/event.js';
import { preconditions, setEdits } from '../../model/operation/given-changes.js';
import { parseTime } from '../../model/value/time.js';
import { maskedValues } from '../../review/masked-row.js';
import type { CommandResult } from '../../terminal/output.js';
import { agentWriting } from '../agent-writing.js';
import { documentOf } from '../answers/document.js';
import type { Rows } from '../answers/fitted.js';
import type { McpParts } from '../parts.js';
import * as inputs from './inputs.js';
import { refuseSecretConditions } from './secret-conditions.js';
import { type Answer, type Call, defineTool } from './tool.js';

/** Whether a write is only worked out. */
const dryRun = z.optional(inputs.isTrue('Work out what would be written, and write nothing.'));
const create = z.optional(inputs.isTrue('Create the deployment if the repository does not know it.'));
const said = {
  message: z.optional(inputs.text('What happened or changes, in words.')),
  reason: z.optional(inputs.text('Why.')),
};

/** What the agent can do about a write that has no answer in time. */
const IF_LATE = 'Read the log before you repeat it: it may have been published all the same';
/** What an agent can do about a value that looks secret: it may not write it for any reason. */
const NO_SECRETS = [
  'Leave it out: record the name of a Kubernetes Secret, or of an entry in a secret manager',
  'A person can share it with the team, encrypted: kgit set --secret PATH=-',
];

/** Which write is made, and of what kind its document is. */
interface Write {
  readonly kind: string;
  readonly terms: Pick<WriteTerms, 'dryRun' | 'propose'>;
  readonly rows: Rows;
  readonly useCase: (writing: Writing) => Promise<CommandResult>;
}

/**
 * Runs a use case of writing on behalf of the agent; the document shows the repository as it is after that. Nothing fails
 * any more once the write is done.
 */
async function written(
  { repository, writing: parts }: McpParts,
  { agent, turn }: Call,
  { kind, terms, rows, useCase }: Write,
): Promise<Answer> {
  // The tools of writing are not registered then.
  if (parts === null) throw new RefusedError('the server was started without --allow-writes');
  const notes: string[] = [];
  const note = (message: string) => notes.push(message);
  const before = await repository.read(turn, 'never');
  const { json } = await withoutOverride(() => useCase(agentWriting(before, agent, terms, note, parts)));
  const after = await repository.read(turn, 'never').catch((error: unknown) => {
    note(`this is done, but the repository could not be read again: ${String(error)}`);
    return { ...before, rewrites: [] };
  });
  const context = { ...after, rewrites: [...before.rewrites, ...after.rewrites] };
  const told = notes.length > 0 ? { ...json, notes } : json;
  return { document: documentOf(context, kind, told), rows };
}

/** Runs a write. Of a secret that is refused, the error does not offer the command line's way round the guard. */
async function withoutOverride<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new SecretError(error.message, { suggestions: NO_SECRETS, data: error.data, cause: error });
  }
}

export const pushEventTool = defineTool({
  name: 'push_event',
  title: 'Record an event',
  description:
    'Records that something happened to a cluster or deployment, as one commit, and publishes it. An event cannot be taken back. Give an id of your own (a ULID) to be able to repeat the call safely: the same id with the same content succeeds. A value that looks secret is refused.',
  kind: 'PushEventResult',
  ifLate: IF_LATE,
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    action: inputs.word('What happened, one word such as cluster_created.'),
    subject: inputs.word('What it happened to: deployment/ID or cluster/[[MANAGEMENT/]NAMESPACE/]NAME.'),
    ...said,
    phase: z.optional(inputs.word('The phase of the deployment that it belongs to.')),
    outcome: z.optional(inputs.outcome),
    durationSeconds: z.optional(
      z.number().check(z.minimum(0), z.meta({ description: 'How long it took, in seconds.' })),
    ),
    parameters: z.optional(inputs.values('What was given, by name.')),
    command: z.optional(inputs.text('The command that was run.')),
    notes: z.optional(inputs.text('Free text of several lines.')),
    timestamp: z.optional(inputs.word('When it happened; now if left out.')),
    id: z.optional(inputs.word('A ULID of your own.')),
    create,
    dryRun,
  }),
  answer: async (parts, input, call) => {
    const { subject, durationSeconds, timestamp, create: mayCreate, dryRun: isDry, ...own } = input;
    const fields = {
      ...own,
      duration_seconds: durationSeconds,
      timestamp: timestamp === undefined ? undefined : formatTimestamp(parseTime(timestamp, parts.now())),
    };
    return written(parts, call, {
      kind: 'PushEventResult',
      terms: { dryRun: isDry },
      rows: { key: 'notes', keep: 'all' },
      useCase: async (writing) =>
        eventResult(await writeEvent(writing, { word: subject, create: mayCreate }, fields)),
    });
  },
});

/** What changes of a state are given as. */
const CHANGE = {
  deployment: inputs.deployment,
  values: inputs.values('The new values by dotted path, such as {"deployment.phase": "create_vms"}.'),
  if: z.optional(inputs.values('Only if these paths have these values now.')),
  ifAbsent: z.optional(inputs.paths('Only if these paths do not exist.')),
  ifRevision: z.optional(inputs.word("Only if the deployment's state has not changed since this revision.")),
  action: z._default(inputs.word('The action of the event; state_changed if left out.'), 'state_changed'),
  ...said,
  createKey: z.optional(inputs.isTrue('Allow a new top-level key.')),
  create,
};
const changeInput = z.strictObject({ ...CHANGE, dryRun });
const proposalInput = z.strictObject({
  ...CHANGE,
  title: z.optional(inputs.word('Title of the request to merge.')),
});

type GivenChange = Omit<z.infer<typeof changeInput>, 'dryRun'>;

function change(parts: McpParts, call: Call, input: GivenChange, terms: Write['terms']): Promise<Answer> {
  const { deployment, values, create: mayCreate, createKey = false, action, message, reason } = input;
  const wanted = {
    fields: { action, message, reason },
    edits: setEdits(values),
    preconditions: preconditions(input),
    knownKeysOnly: !createKey,
  };
  return written(parts, call, {
    kind: 'SetResult',
    terms,
    rows: { key: 'changed', keep: 'all' },
    useCase: async (writing) => {
      const target = { deployment, create: mayCreate };
      await refuseSecretConditions(writing, target, input.if);
      const { subject, outcome } = await changeState(writing, target, wanted);
      return changeResult({ subject, outcome: { ...outcome, changes: outcome.changes.map(maskedValues) } });
    },
  });
}

export const setTool = defineTool({
  name: 'set',
  title: "Change a deployment's state",
  description:
    'Sets paths of the state of a deployment, all or none, records an event that says who, when and why, and publishes it. With `if`, `ifAbsent` or `ifRevision` it is a compare-and-swap. A value that looks secret is refused. If nothing changes, nothing is written.',
  kind: 'SetResult',
  ifLate: IF_LATE,
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: changeInput,
  answer: (parts, { dryRun: isDry, ...input }, call) => change(parts, call, input, { dryRun: isDry }),
});

export const proposeTool = defineTool({
  name: 'propose',
  title: 'Propose a change of state for review',
  description:
    'Puts a change of the state of a deployment on the branch of a proposal, and opens a request to merge it at the forge. Nothing changes until a person merges it. A value that looks secret is refused.',
  kind: 'SetResult',
  ifLate: IF_LATE,
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: proposalInput,
  // The branch has the usual name: one that the agent chose could be any branch.
  answer: (parts, { title, ...input }, call) =>
    change(parts, call, input, { propose: { title, branch: undefined } }),
});

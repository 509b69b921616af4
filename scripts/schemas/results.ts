/** The JSON results of the commands by kind; source of `schemas/results/`. */
import { z } from 'zod';
import { API_VERSION } from '../../src/store/read/records.js';
import { completeShapes, completionShapes } from './completion-results.js';
import { demoShapes } from './demo-result.js';
import { lockShapes, locksShapes, unlockShapes } from './lease-results.js';
import { backfillShapes, exportShapes, importShapes, mirrorShapes } from './legacy-results.js';
import { migrateShapes } from './migrate-results.js';
import { notifyShapes } from './notify-results.js';
import {
  action,
  change,
  count,
  errorBody,
  errorCode,
  perhapsWritten,
  repository,
  revision,
  subject,
  subjectEvent,
  ulid,
  utcTime,
  written,
} from './parts.js';
import { backupShapes, mergeStateShapes, resolveShapes, restoreShapes } from './proposal-results.js';
import { changes, manyChanges, validateShapes, verifyShapes } from './review-results.js';
import { secretsShapes } from './secret-results.js';
import { activityShapes, proposalsShapes, runsShapes, serverShapes } from './server-results.js';
import { configShapes, versionShapes } from './setting-results.js';
import { identified, liveStatus, offlineStatus, shownCluster } from './status-result.js';

type Shape = Readonly<Record<string, z.ZodType>>;

/** The content of a kind of result: one shape, or one of several. */
interface Kind {
  readonly about: string;
  /** Whether it always has `repository`; `maybe` if there may be none yet. */
  readonly repository: 'always' | 'maybe' | 'never';
  readonly shapes: readonly Shape[];
  /** Whether it lists events that it leaves out. */
  readonly skips?: boolean;
}

const nullableText = z.string().nullable();
const month = z.string().describe('YYYY-MM, of UTC.');
const eventRow = { id: ulid, subject, action, timestamp: utcTime, path: z.string() };
const runRow = z.object({ ...eventRow, outcome: z.string(), ...written });
const changed = { subject, changed: z.array(change), ...written };
const rejection = { code: errorCode, message: z.string() };
const phase = { name: z.string(), status: z.string(), updatedAt: nullableText, reason: nullableText };
const waited = z.object({
  subject,
  state: nullableText.describe('Null where it is gone.'),
  seconds: count.describe('After how long it was so.'),
});

const KINDS: Readonly<Record<string, Kind>> = {
  BackfillResult: {
    about: 'kgit backfill',
    repository: 'always',
    shapes: backfillShapes,
  },
  BackupResult: { about: 'kgit backup', repository: 'always', shapes: backupShapes },
  CloneResult: {
    about: 'kgit clone',
    repository: 'always',
    shapes: [{ path: z.string(), branch: z.string(), revision: revision.nullable(), remote: z.string() }],
  },
  CompactResult: {
    about: 'kgit compact',
    repository: 'always',
    shapes: [
      {
        sealed: z.array(
          z.object({ subject, month, events: count.describe('How many events the sealed month holds.') }),
        ),
        files: count.describe('How many event files were taken into sealed months.'),
        tooLarge: z
          .array(z.object({ subject, month, bytes: count }))
          .describe('Months that stay as files, for one file of them would be larger than is read.'),
        ...written,
      },
    ],
  },
  CompleteResult: { about: 'kgit complete', repository: 'maybe', shapes: completeShapes },
  CompletionResult: { about: 'kgit completion', repository: 'never', shapes: completionShapes },
  DemoResult: { about: 'kgit demo', repository: 'never', shapes: demoShapes },
  ConfigResult: { about: 'kgit config', repository: 'maybe', shapes: configShapes },
  DiffResult: { about: 'kgit diff', repository: 'always', shapes: [manyChanges] },
  DoctorResult: {
    about: 'kgit doctor',
    repository: 'maybe',
    shapes: [
      {
        checks: z.array(
          z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), fix: nullableText }),
        ),
      },
    ],
  },
  ExportResult: {
    about: 'kgit export',
    repository: 'always',
    skips: true,
    shapes: exportShapes,
  },
  EditResult: { about: 'kgit edit', repository: 'always', shapes: [changed] },
  GetResult: {
    about: 'kgit get',
    repository: 'always',
    shapes: [{ subject, path: z.string(), value: z.unknown() }],
  },
  HistoryResult: { about: 'kgit history', repository: 'always', skips: true, shapes: [{ subject, changes }] },
  ImportResult: {
    about: 'kgit import',
    repository: 'always',
    shapes: importShapes,
  },
  IdentifyResult: { about: 'kgit identify', repository: 'always', shapes: [identified] },
  InitResult: {
    about: 'kgit init',
    repository: 'maybe',
    shapes: [
      {
        path: z.string(),
        branch: z.string(),
        ...perhapsWritten,
        remote: nullableText,
        added: z.array(z.string()),
        deployment: nullableText,
        madeRemote: nullableText.describe("The folder where the remote's repository was made."),
        configured: nullableText.describe(
          'The git setting by which a power cut loses nothing, where it was set.',
        ),
      },
    ],
  },
  ListResult: {
    about: 'kgit list',
    repository: 'always',
    skips: true,
    shapes: [{ items: z.array(z.object({ subject, events: count, lastEvent: subjectEvent.nullable() })) }],
  },
  LockResult: { about: 'kgit lock', repository: 'always', shapes: lockShapes },
  LocksResult: { about: 'kgit locks', repository: 'always', shapes: locksShapes },
  LogResult: {
    about: 'kgit log',
    repository: 'always',
    skips: true,
    shapes: [
      {
        events: z.array(subjectEvent).describe('Newest last, unless --reverse.'),
        next: ulid.nullable().describe('What --before takes for the next page; null where nothing is left.'),
      },
    ],
  },
  MirrorResult: {
    about: 'kgit mirror',
    repository: 'always',
    shapes: mirrorShapes,
  },
  MergeStateResult: { about: 'kgit merge-state', repository: 'never', shapes: mergeStateShapes },
  MigrateResult: { about: 'kgit migrate', repository: 'never', shapes: migrateShapes },
  NotifyResult: { about: 'kgit notify', repository: 'maybe', shapes: notifyShapes },
  OutboxResult: {
    about: 'kgit outbox',
    repository: 'always',
    shapes: [
      {
        operations: z.array(
          z.object({
            id: ulid,
            subject: subject.nullable(),
            action: action.nullable(),
            age: count.describe('In seconds.'),
            attempts: count,
            error: nullableText,
            refused: z
              .boolean()
              .describe('Whether it was refused alone: the others are published before it.'),
          }),
        ),
        proposed: z
          .array(z.object({ operation: ulid, delivery: written.delivery, proposal: written.proposal }))
          .optional()
          .describe('What was proposed just now, with --propose.'),
      },
    ],
  },
  PhaseResult: {
    about: 'kgit phase',
    repository: 'always',
    shapes: [changed, { subject, phases: z.array(z.object(phase)) }],
  },
  PublisherResult: { about: 'kgit publisher', repository: 'always', shapes: [{ pending: count }] },
  PushEventResult: {
    about: 'kgit push-event',
    repository: 'always',
    shapes: [
      { ...eventRow, ...written },
      {
        accepted: count,
        duplicates: count,
        rejected: z.array(z.object({ index: count, ...rejection })),
        ...written,
      },
    ],
  },
  ResolveResult: { about: 'kgit resolve', repository: 'always', shapes: resolveShapes },
  RestoreResult: { about: 'kgit restore', repository: 'never', shapes: restoreShapes },
  RollbackResult: {
    about: 'kgit rollback',
    repository: 'always',
    shapes: [
      {
        ...changed,
        rotate: z
          .array(z.string())
          .describe('Paths of secrets that are encrypted for others than the recipients of today.'),
      },
    ],
  },
  RunResult: {
    about: 'kgit run',
    repository: 'always',
    shapes: [{ started: runRow, ended: runRow.nullable(), exitCode: count.nullable() }],
  },
  SecretsResult: { about: 'kgit secrets', repository: 'always', shapes: secretsShapes },
  SetResult: { about: 'kgit set', repository: 'always', shapes: [changed] },
  ShowResult: { about: 'kgit show', repository: 'always', skips: true, shapes: [shownCluster] },
  ShellInitResult: {
    about: 'kgit shell-init',
    repository: 'never',
    shapes: [{ shell: z.string(), script: z.string() }],
  },
  StatusResult: {
    about: 'kgit status',
    repository: 'always',
    skips: true,
    shapes: [liveStatus, offlineStatus],
  },
  SyncResult: {
    about: 'kgit sync',
    repository: 'always',
    shapes: [
      {
        published: z.array(ulid),
        rejected: z.array(z.object({ operation: ulid, ...rejection })),
        pending: count,
        behind: count.describe('How many revisions the checkout is behind.'),
      },
    ],
  },
  UnlockResult: { about: 'kgit unlock', repository: 'always', shapes: unlockShapes },
  UnsetResult: { about: 'kgit unset', repository: 'always', shapes: [changed] },
  VersionResult: { about: 'kgit version', repository: 'never', shapes: versionShapes },
  WaitResult: {
    about: 'kgit wait',
    repository: 'always',
    shapes: [
      {
        subject: subject.optional().describe('Where one cluster was waited for, as state.'),
        state: nullableText.optional().describe('Null where it is gone.'),
        ...{ for: z.string(), seconds: count, clusters: z.array(waited) },
      },
    ],
  },
  ServeResult: {
    about: 'kgit serve',
    repository: 'always',
    shapes: [
      {
        url: z.string().describe('Where it listens; it answers until the command ends.'),
        path: z.string().describe('Path and name of the repository.'),
        contexts: z
          .array(z.string())
          .describe('The kubeconfig contexts that were named; none: the current one.'),
        access: z.enum(['open', 'token', 'proxy', 'token or proxy']).describe('Who is let in.'),
        hooks: z.array(z.string()).describe('Paths for webhooks of forges.'),
      },
    ],
  },
  WatchResult: {
    about: 'kgit watch',
    repository: 'never',
    skips: true,
    shapes: [
      {
        revision: revision.describe('What published it; --after goes on behind it.'),
        parent: revision.nullable().describe('The revision before it; null for the first.'),
        timestamp: utcTime.describe('When it was published.'),
        author: z.string().describe('Who published it.'),
        title: z.string().describe('The first line of its message.'),
        events: z.array(subjectEvent).describe('The events that it added, by id.'),
        changes: changes.describe('How it changed the states of deployments.'),
        files: z.array(z.string()).describe('The other files that it changed.'),
      },
    ],
  },
  HooksResult: {
    about: 'kgit hooks',
    repository: 'never',
    shapes: [
      {
        hook: z.string().describe('The file of the hook.'),
        installed: z.boolean().describe("Whether it is there now, and kgit's."),
        changed: z.boolean().describe('Whether it was written or removed now.'),
      },
    ],
  },
  ValidateResult: {
    about: 'kgit validate',
    repository: 'always',
    shapes: validateShapes,
  },
  VerifyResult: {
    about: 'kgit verify',
    repository: 'always',
    shapes: verifyShapes,
  },
};

function repositoryOf({ repository: presence }: Kind): Shape {
  if (presence === 'never') return {};
  return { repository: presence === 'always' ? repository : repository.optional() };
}

/** Kinds that the API of `kgit serve` answers with, and no command prints. */
const SERVER_KINDS: Readonly<Record<string, Kind>> = {
  ActivityResult: { about: 'GET /api/v1/activity', repository: 'always', shapes: activityShapes },
  ProposalsResult: { about: 'GET /api/v1/proposals', repository: 'always', shapes: proposalsShapes },
  RunsResult: { about: 'GET /api/v1/runs', repository: 'always', shapes: runsShapes },
  ServerResult: { about: 'GET /api/v1/server', repository: 'always', shapes: serverShapes },
};

const notice = z
  .string()
  .optional()
  .describe('From kgit mcp alone: says to agents that what people and programs recorded is data.');
const truncated = z
  .literal(true)
  .optional()
  .describe('From kgit mcp alone: rows or long texts were left out, for the answer was too large.');
const skip = z.object({
  next: count
    .nullable()
    .optional()
    .describe('From kgit mcp alone: the `skip` of the next page; null where nothing is left.'),
}).shape;
const notes = z
  .array(z.string())
  .optional()
  .describe('From kgit mcp alone: what the command tells on stderr.');

const stale = z
  .string()
  .optional()
  .describe(
    'From kgit mcp alone: why the remote could not be asked, so that the answer may be out of date; left out where it is not.',
  );
const ofAnswers = { notice, stale, truncated };

/** What the tools of `kgit mcp` add to a kind that they answer with. */
const OF_TOOLS: Readonly<Record<string, Shape>> = {
  DiffResult: { ...ofAnswers, ...skip },
  GetResult: ofAnswers,
  HistoryResult: { ...ofAnswers, ...skip },
  ListResult: {
    ...ofAnswers,
    next: subject
      .nullable()
      .optional()
      .describe('From kgit mcp alone: the `after` of the next page; null where nothing is left.'),
  },
  LogResult: ofAnswers,
  PushEventResult: { ...ofAnswers, notes },
  SetResult: { ...ofAnswers, notes },
  StatusResult: { ...ofAnswers, ...skip },
};

/** Whether its answer may leave events out, and what agents are told. */
function tailOf(name: string, { skips = false }: Kind): Shape {
  return { ...(skips ? { skipped } : {}), ...OF_TOOLS[name] };
}

const skipped = z
  .array(z.object({ path: z.string(), message: z.string() }))
  .optional()
  .describe('What was left out because it cannot be read as an event; the command then ends with 3.');

function resultSchema(name: string, kind: Kind): z.ZodType {
  const head = { apiVersion: z.literal(API_VERSION), kind: z.literal(name), ...repositoryOf(kind) };
  const [only, ...others] = kind.shapes.map((shape) =>
    z.object({ ...head, ...shape, ...tailOf(name, kind) }),
  );
  const schema = others.length === 0 ? (only as z.ZodType) : z.union([only as z.ZodType, ...others]);
  return schema.meta({ title: name, description: `The JSON result of '${kind.about}'.` });
}

const error = z
  .object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Error'),
    error: errorBody,
    notice,
    truncated,
  })
  .meta({ title: 'Error', description: 'The JSON result of a command that failed.' });

/** The names of the kinds that no command prints. */
export const SERVER_RESULTS: readonly string[] = Object.keys(SERVER_KINDS);

/** The schema of each kind of result. */
export const RESULTS: Readonly<Record<string, z.ZodType>> = {
  Error: error,
  ...Object.fromEntries(
    Object.entries({ ...KINDS, ...SERVER_KINDS }).map(([name, kind]) => [name, resultSchema(name, kind)]),
  ),
};

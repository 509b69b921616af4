import { randomBytes } from 'node:crypto';
import { Flags, type Interfaces } from '@oclif/core';
import leven from 'leven';
import { type Context, KgitCommand } from './base-command.js';
import type { RunLease } from './cli/lease-run.js';
import { startPublisher } from './cli/start-publisher.js';
import { namedDeployment, resolveCluster } from './cli/subjects.js';
import { actorOf, ciRun, systemClock, thisHost } from './composition.js';
import { NotFoundError, UsageError } from './errors.js';
import type { KgitEvent, SubjectEvent } from './model/event.js';
import { checkEventFields } from './model/event-schema.js';
import { type LeaseClaim, parseClaims } from './model/lease.js';
import { lockName } from './model/lock-name.js';
import { newEvent } from './model/new-event.js';
import type { Actor, EventWrite, Operation } from './model/operation.js';
import { titleOf } from './model/operation.js';
import { findSecrets, findSecretsInText, type SecretFinding } from './model/secret/find-secrets.js';
import { refuseSecrets } from './model/secret/refuse-secrets.js';
import { formatSubject, type Subject, unfitForWindows } from './model/subject.js';
import { type IdSource, monotonicIds } from './model/ulid.js';
import { listDeployments } from './store/records.js';
import type { WriteOutcome } from './store/state-repository.js';
import type { StateView } from './store/state-store.js';

const WRITE = 'WRITE';
const MAX_RUN_ID = 1024;
/** One line: it becomes a trailer of the commit. */
const RUN_ID = new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,${MAX_RUN_ID}}$`);

/** Base of the commands that write: one operation each, guarded against secrets, durable before it is published. */
export abstract class WriteCommand extends KgitCommand {
  static override baseFlags = {
    ...KgitCommand.baseFlags,
    'dry-run': Flags.boolean({ helpGroup: WRITE, summary: 'Show what would be written; write nothing.' }),
    message: Flags.string({
      char: 'm',
      helpGroup: WRITE,
      helpValue: 'TEXT',
      summary: "The event's message.",
    }),
    reason: Flags.string({ helpGroup: WRITE, helpValue: 'TEXT', summary: 'Why it was done.' }),
    'run-id': Flags.string({
      helpGroup: WRITE,
      helpValue: 'ID',
      summary: "The run that it belongs to (KGIT_RUN_ID; in CI: the pipeline's).",
    }),
    user: Flags.string({ helpGroup: WRITE, helpValue: 'NAME', summary: 'Who did it (KGIT_USER).' }),
    lock: Flags.string({
      helpGroup: WRITE,
      helpValue: 'NAME',
      summary: 'Write only under the lease of this lock, which is renewed with it (kgit lock).',
    }),
    queue: Flags.boolean({
      helpGroup: WRITE,
      exclusive: ['require-publish'],
      summary: 'Keep it durably here, use no network; kgit sync publishes it.',
    }),
    'require-publish': Flags.boolean({
      helpGroup: WRITE,
      summary: 'Fail (16) when it cannot be published now; the default where CI is set.',
    }),
    'allow-secret': Flags.string({
      helpGroup: WRITE,
      helpValue: 'REASON',
      summary: 'Write although a value looks secret; the reason is recorded.',
    }),
  };

  protected override flags: Interfaces.InferredFlags<typeof WriteCommand.baseFlags> &
    Record<string, unknown> = {} as never;
  protected readonly ids: IdSource = monotonicIds(
    () => this.now(),
    () => randomBytes(10),
  );

  protected actor({ opened, settings }: Context): Actor {
    return actorOf(settings, this.environment, opened.layout.config);
  }

  protected get ciRun(): { id: string | undefined; url: string | null } {
    const ci = ciRun(this.environment);
    const id = this.flags['run-id'] ?? (this.environment['KGIT_RUN_ID'] || ci?.id);
    if (id !== undefined && !RUN_ID.test(id)) {
      throw new UsageError(
        `the run id ${JSON.stringify(id.slice(0, 80))} is not one line of 1 to ${MAX_RUN_ID} characters`,
        {
          suggestions: ["Give --run-id the CI's own number or name of the run"],
        },
      );
    }
    return { id, url: ci?.url ?? null };
  }

  /** Whether a write that is not published now has failed. */
  protected get mustPublish(): boolean {
    if (this.flags['require-publish'] === true) return true;
    return isSet(this.environment['CI']) && this.flags.queue !== true;
  }

  /** An event of this command: `fields` as given, checked, with message and reason of the flags and who, where, when. */
  protected event(context: Context, fields: Record<string, unknown>): EventWrite['event'] {
    const run = this.ciRun;
    const given = { ...this.#flagFields(), ...fields };
    return newEvent(checkEventFields(given), this.ids, this.now(), {
      user: this.actor(context).name,
      host: thisHost.hostname,
      runId: run.id,
      context: run.url === null ? undefined : { run_url: run.url },
    });
  }

  #flagFields(): Record<string, unknown> {
    const { message, reason } = this.flags;
    return { ...(message === undefined ? {} : { message }), ...(reason === undefined ? {} : { reason }) };
  }

  /** One operation of these events. */
  protected operation(
    context: Context,
    events: readonly EventWrite[],
    more: Partial<Operation> = {},
  ): Operation {
    const runId = this.ciRun.id;
    const operation: Operation = {
      id: this.ids.next(),
      time: this.now(),
      actor: this.actor(context),
      title: titleOf(events),
      events,
      ...(runId === undefined ? {} : { runId }),
      ...more,
    };
    return guardSecrets(operation, this.flags['allow-secret']);
  }

  /** The claims that were handed to this process by `kgit lock NAME -- COMMAND`. */
  protected get handedClaims(): LeaseClaim[] {
    return parseClaims(this.environment['KGIT_LEASE']);
  }

  /** The claim under which this command writes: that of --lock, else the one handed to it that this clone holds. Throws LockHeldError, ConflictError. */
  protected async claim({ opened: { leases }, settings }: Context): Promise<LeaseClaim | null> {
    const name = this.flags.lock;
    if (name !== undefined) return leases.claim(lockName(name), this.handedClaims, settings.timeout);
    const held = await Promise.all(this.handedClaims.map((claim) => leases.isHeldHere(claim)));
    return this.handedClaims.findLast((_claim, i) => held[i]) ?? null;
  }

  /** What a command needs that is run under a lease. */
  protected runLease(context: Context, claim: LeaseClaim): RunLease {
    const { opened, settings } = context;
    return {
      ...{ claim, handed: this.handedClaims, leases: opened.leases, clock: systemClock },
      ...{ author: this.actor(context), talkMs: settings.timeout },
    };
  }

  /** Writes an operation and tells on stderr what the user should know beside the result. */
  protected async submit(context: Context, made: Operation, withdraw = false): Promise<WriteOutcome> {
    const { repository } = context.opened;
    const claim = await this.claim(context);
    const operation = claim === null ? made : { ...made, claim };
    for (const name of new Set(operation.events.map(({ subject }) => unfitForWindows(subject)))) {
      if (name !== null)
        this.note(`no folder on Windows can be called ${name}: the repository cannot be checked out there`);
    }
    const { publishInterval: interval } = context.settings;
    const isQueued = this.flags.queue === true;
    const isDry = this.flags['dry-run'] === true;
    const isWithdrawn = withdraw || claim !== null;
    const isJoined = interval > 0 && repository.store.isRemote && !isWithdrawn && !this.mustPublish;
    const outcome = await repository.write(operation, {
      queue: isQueued || isJoined,
      requirePublish: this.mustPublish,
      dryRun: isDry,
      withdraw: isWithdrawn && !isQueued,
      deadline: this.deadline(context.settings),
      interval,
    });
    for (const note of outcome.notes) this.note(note);
    if (isQueued && !isDry) this.note('queued here; publish it with kgit sync');
    else if (isJoined && !isDry) await this.publishLater(context);
    await this.refreshRepository(context);
    return outcome;
  }

  /** Leaves what waits to a process in the background, which publishes it with what others write until then. */
  protected async publishLater({ opened, settings }: Context): Promise<void> {
    const { repo, config } = this.flags;
    if (!(await opened.scheduled.isRunning())) startPublisher({ repo, config });
    this.note(`queued: published with others in ${settings.publishInterval / 1000} s at most`);
  }

  /** Has the result say what the repository is like after a write. */
  protected async refreshRepository({ opened: { repository } }: Context): Promise<void> {
    if (this.format === 'text') return;
    const head = await repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, await repository.outbox.size());
  }

  /** The keys that every result of a write has. */
  protected writeJson(outcome: WriteOutcome): Record<string, unknown> {
    const { operation, revision, delivery, attempts } = outcome;
    return { operation, revision, delivery, attempts };
  }

  /** What an event is about: the cluster of --cluster, else the deployment that is named. Throws UsageError, NotFoundError. */
  protected async eventSubject(context: Context): Promise<Subject> {
    const name = this.flags['cluster'] as string | undefined;
    const naming = { ...context, view: context.reading.view };
    if (name !== undefined) return resolveCluster(name, naming);
    const { deployment: id } = context.settings;
    if (id === undefined) {
      throw new UsageError('what did it happen to? Neither --cluster nor --deployment is given', {
        suggestions: ['Add --cluster [[MANAGEMENT/]NAMESPACE/]NAME or --deployment ID'],
      });
    }
    const subject = await namedDeployment(id, naming.view);
    await this.requireDeployment(naming.view, subject.id, this.flags['create'] === true);
    return subject;
  }

  /** Throws NotFoundError for a deployment that the repository does not know, naming near ones. */
  protected async requireDeployment(view: StateView, id: string, create: boolean): Promise<void> {
    const known = await listDeployments(view);
    if (create || known.includes(id)) return;
    const near = known
      .filter((name) => leven(name, id) <= Math.max(2, id.length / 4))
      .sort((a, b) => leven(a, id) - leven(b, id));
    throw new NotFoundError(`there is no deployment ${id}`, {
      suggestions: [
        ...(near.length > 0 ? [`Did you mean ${near.slice(0, 3).join(', ')}?`] : []),
        'Add --create to begin it',
        ...(known.length > 0 && near.length === 0
          ? [`Known: ${known.slice(0, 5).join(', ')}${known.length > 5 ? ', …' : ''}`]
          : []),
      ],
      data: { deployment: id, known: known.slice(0, 50) },
    });
  }
}

/** Whether a variable says yes; CI=false is how people say that this is none. */
function isSet(variable: string | undefined): boolean {
  return variable !== undefined && !/^(|0|false|no)$/i.test(variable);
}

function findingsOf(item: SubjectEvent): SecretFinding[] {
  const { id, timestamp, changes, ...fields } = item.event;
  return [...findSecretsInText(formatSubject(item.subject), 'name'), ...findSecrets(fields)];
}

function withOverride(event: KgitEvent, reason: string, findings: readonly SecretFinding[]): KgitEvent {
  return { ...event, secret_override: { reason, paths: findings.map(({ path }) => path) } };
}

/**
 * The operation, when nothing in it looks secret; with a reason to write it all the same, that reason is
 * recorded in the events concerned. Throws SecretError.
 */
export function guardSecrets(operation: Operation, reason: string | undefined): Operation {
  if (reason !== undefined && reason.trim() === '') throw new UsageError('--allow-secret needs a reason');
  if (reason !== undefined) refuseSecrets(findSecretsInText(reason));
  const { change } = operation;
  const edited = (change?.edits ?? []).flatMap((edit) =>
    findSecrets(edit.op === 'set' ? edit.value : null, edit.path),
  );
  const perEvent = operation.events.map((item) => [
    ...findingsOf(item),
    ...(item.event.id === change?.event ? edited : []),
  ]);
  const all = perEvent.flat();
  if (all.length === 0) return operation;
  if (reason === undefined) refuseSecrets(all);
  const events = operation.events.map((item, i) => {
    const findings = perEvent[i] ?? [];
    return findings.length > 0 ? { ...item, event: withOverride(item.event, reason ?? '', findings) } : item;
  });
  return { ...operation, events };
}

import { InterruptedError, type KgitError, RefusedError, UsageError } from '../errors.js';
import type { LeaseClaim } from '../model/lease/lease.js';
import { makeEvent, makeOperation } from '../model/operation/make-operation.js';
import type { EventWrite, Operation } from '../model/operation/operation.js';
import { eventPath } from '../model/subject/layout.js';
import { formatSubject, type Subject } from '../model/subject/subject.js';
import type { ValueMap } from '../model/value/value.js';
import { type ChildEnd, runForUser } from '../process/child-command.js';
import { EndSignals } from '../process/end-signals.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { Clock } from '../store/port/host.js';
import { runUnderLease } from './lock/run-under-lease.js';
import { namingOf } from './open/subjects.js';
import { eventSubject, type NamedSubject } from './write/event-subject.js';
import { claimFor, propose, requiresPublish, submit } from './write/submit.js';
import type { GivenFields } from './write/write-events.js';
import type { Writing } from './write/writing.js';

/** Why kept events were not published. */
const INTERRUPTED = 'interrupted before the events were published; they are kept in the outbox';

/** Parameters that a run itself records. */
const OWN_PARAMETERS = ['exit_code', 'signal'];

/** Returns the parameters. Throws UsageError if one has a name that the run itself records. */
export function checkedParameters(parameters: ValueMap): ValueMap {
  const own = OWN_PARAMETERS.find((name) => Object.hasOwn(parameters, name));
  if (own === undefined) return parameters;
  throw new UsageError(`--param ${own} is reserved: kgit run records it itself`, {
    suggestions: ['Use another name'],
  });
}

export interface RunIntent {
  /** The program and its arguments, as they are run. */
  readonly command: readonly string[];
  readonly subject: NamedSubject;
  /** Fields of both events. */
  readonly fields: GivenFields;
  /** Parameters of both events, as `checkedParameters` returns them. */
  readonly parameters: ValueMap;
  /** Where the standard output of the command goes. */
  readonly stdout: 'stdout' | 'stderr';
}

export interface RunParts {
  /** Returns the input of the write use cases as of now: the command may run for long. */
  readonly writing: () => Writing;
  readonly clock: Clock;
  /** Turns anything thrown into a KgitError: a failed record must not hide how the command ended. */
  readonly asError: (thrown: unknown) => KgitError;
  /** Called if the lease was lost and the command was ended because of it. */
  readonly onLost: (error: KgitError) => void;
  /** Called once both events are kept or published, before the result is made. */
  readonly onRecorded: () => Promise<void>;
}

type Standing = Pick<WriteOutcome, 'revision' | 'delivery' | 'attempts' | 'proposal'>;

/** One of the two events of a run, and whether it is published. */
export interface RecordedEvent extends Standing {
  readonly id: string;
  readonly subject: string;
  readonly action: string;
  readonly outcome: string | undefined;
  readonly timestamp: string;
  /** Path of its file in the repository. */
  readonly path: string;
  readonly operation: string;
}

/** A run of a command, and its record. */
export interface CommandRun {
  readonly started: RecordedEvent;
  /** Null in a dry run, and where the end could not be kept. */
  readonly ended: RecordedEvent | null;
  /** Null in a dry run: nothing was run. */
  readonly end: ChildEnd | null;
  /** What went wrong with the record. */
  readonly error: KgitError | null;
  /** Whether a signal came while the events were being published, which may still be waiting for the network. */
  readonly isInterrupted: boolean;
}

interface Write extends EventWrite {
  readonly operation: Operation;
}

function recorded({ subject, event, operation }: Write, standing: Standing): RecordedEvent {
  const { revision, delivery, attempts, proposal } = standing;
  return {
    id: event.id,
    subject: formatSubject(subject),
    action: event.action,
    outcome: event.outcome,
    timestamp: event.timestamp,
    path: eventPath(subject, event),
    operation: operation.id,
    revision,
    delivery,
    attempts,
    ...(proposal ? { proposal } : {}),
  };
}

/** A run whose subject and lease are known. */
interface KnownRun {
  readonly subject: Subject;
  /** The lease of both events and of the command. */
  readonly claim: LeaseClaim | null;
  /** Run id of both events and of everything that the command itself records. */
  readonly runId: string;
}

class RecordedRun {
  readonly #intent: RunIntent;
  readonly #parts: RunParts;
  readonly #known: KnownRun;
  readonly #errors: KgitError[] = [];
  #isInterrupted = false;

  constructor(intent: RunIntent, parts: RunParts, known: KnownRun) {
    this.#intent = intent;
    this.#parts = parts;
    this.#known = known;
  }

  #writing(): Writing {
    const writing = this.#parts.writing();
    const { writer } = writing;
    return { ...writing, writer: { ...writer, run: { ...writer.run, id: this.#known.runId } } };
  }

  async run(): Promise<CommandRun> {
    const writing = this.#writing();
    const { terms, opened } = writing;
    const started = this.#write('started', {});
    if (terms.dryRun) {
      const outcome = await submit(writing, started.operation);
      return this.#result(recorded(started, outcome), null, null);
    }
    await opened.repository.keep(started.operation);
    // Without its lease the command must not even begin.
    const isFirst = started.operation.claim !== undefined && !terms.queue;
    const begun = isFirst ? await this.#publish(started) : null;
    // Ctrl-C would end helper processes of the driver, too; they start again when they are needed.
    await opened.repository.close();
    const signals = new EndSignals();
    try {
      const end = await this.#runCommand(signals);
      const interrupted = new Promise<null>((resolve) => signals.to(() => resolve(null)));
      return await this.#record(started, begun, end, interrupted);
    } finally {
      signals.release();
    }
  }

  #result(started: RecordedEvent, ended: RecordedEvent | null, end: ChildEnd | null): CommandRun {
    const [error = null] = this.#errors;
    return { started, ended, end, error, isInterrupted: this.#isInterrupted };
  }

  #write(outcome: string, more: ValueMap, seconds?: number): Write {
    const { fields, parameters } = this.#intent;
    const { subject, claim } = this.#known;
    const { writer, terms } = this.#writing();
    const all = { ...parameters, ...more };
    const event = makeEvent(
      {
        ...fields,
        outcome,
        duration_seconds: seconds,
        parameters: Object.keys(all).length > 0 ? all : undefined,
      },
      writer,
    );
    const claimed = claim !== null && terms.propose === undefined ? { claim } : {};
    const operation = makeOperation([{ subject, event }], writer, claimed, terms.allowSecret);
    return { subject, event, operation };
  }

  /** Runs the command. A lease is renewed meanwhile; if it is lost, the command is ended. */
  async #runCommand(signals: EndSignals): Promise<ChildEnd> {
    const { command, stdout } = this.#intent;
    const { claim, runId } = this.#known;
    const { environment, opened, settings, claims, writer } = this.#writing();
    const options = {
      environment: { ...environment, KGIT_RUN_ID: runId },
      stdout,
      signals,
    };
    if (claim === null) return runForUser('kgit run', command, options);
    const { end, lost } = await runUnderLease('kgit run', command, options, {
      claim,
      handed: claims.handed,
      leases: opened.leases,
      clock: this.#parts.clock,
      author: writer.actor,
      talkMs: settings.timeout,
    });
    if (lost) this.#parts.onLost(lost);
    return end;
  }

  /** Runs a step of recording. Returns null if it fails; the error goes into the result. */
  async #attempt<T>(step: () => Promise<T> | T): Promise<T | null> {
    try {
      return await step();
    } catch (thrown) {
      this.#errors.push(this.#parts.asError(thrown));
      return null;
    }
  }

  /** Keeps the end event durably and publishes both, unless a signal comes meanwhile. Never throws. */
  async #record(
    started: Write,
    begun: WriteOutcome | null,
    end: ChildEnd,
    interrupted: Promise<null>,
  ): Promise<CommandRun> {
    const { opened, settings, terms, note, publishLater } = this.#writing();
    const { repository } = opened;
    const ended = await this.#attempt(async () => {
      const how = { exit_code: end.exitCode, ...(end.signal ? { signal: end.signal } : {}) };
      const write = this.#write(end.exitCode === 0 ? 'succeeded' : 'failed', how, end.seconds);
      await repository.keep(write.operation);
      return write;
    });
    let outcomes: readonly WriteOutcome[] = [];
    const isFree = started.operation.claim === undefined && terms.propose === undefined;
    const isJoined = isFree && settings.publishInterval > 0 && repository.store.isRemote;
    if (ended && terms.queue) note('queued here; publish it with kgit sync');
    else if (ended && isJoined && publishLater && !requiresPublish(this.#writing()))
      await this.#attempt(publishLater);
    else if (ended) {
      const writes = begun ? [ended] : [started, ended];
      const delivered = await this.#attempt(() => Promise.race([this.#deliver(writes), interrupted]));
      if (delivered === null && this.#errors.length === 0) this.#interrupt();
      outcomes = delivered ?? [];
      for (const line of new Set(outcomes.flatMap(({ notes }) => notes))) note(line);
    }
    const outcomeOf = ({ operation }: Write) => outcomes.find((one) => one.operation === operation.id);
    const last = ended && outcomeOf(ended);
    // A process that published the outbox while the command ran has published the first event, too.
    const taken = { delivery: 'published' as const, revision: last?.revision ?? null, attempts: 0 };
    const standing = ({ operation }: Write) => this.#attempt(() => repository.standing(operation.id));
    const first = begun ?? outcomeOf(started) ?? (await standing(started)) ?? taken;
    const second = last ?? (ended && (await standing(ended)));
    await this.#attempt(this.#parts.onRecorded);
    return this.#result(recorded(started, first), ended && second ? recorded(ended, second) : null, end);
  }

  /** Publishes kept events, or proposes them: by a flag or, for a protected branch, by a setting. */
  async #deliver(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const { terms, settings, note, opened } = this.#writing();
    if (terms.propose) return this.#proposeAll(writes);
    const last = writes.at(-1) as Write;
    try {
      return [await this.#publish(last)];
    } catch (error) {
      const { isProtected, protectedNote } = await import('./propose/propose-write.js');
      if (!isProtected(error) || last.operation.claim) throw error;
      if (settings.writeOnProtected === 'propose') {
        note(protectedNote(opened.name, error));
        return this.#proposeAll(writes);
      }
      const advice = "To propose the next one, use 'kgit run --propose' or the setting write.onProtected";
      throw new RefusedError(error.message, {
        cause: error.cause,
        data: error.data,
        suggestions: [...error.suggestions, advice],
      });
    }
  }

  /** Proposes kept events. One that could not be proposed stays kept. */
  async #proposeAll(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes: WriteOutcome[] = [];
    for (const { operation } of writes) {
      const writing = this.#writing();
      outcomes.push(await propose(writing, operation));
      await writing.opened.repository.outbox.remove(operation.id);
    }
    return outcomes;
  }

  #publish({ operation }: Write): Promise<WriteOutcome> {
    const writing = this.#writing();
    const { opened, settings, terms, deadline } = writing;
    return opened.repository.publish(operation.id, {
      requirePublish: requiresPublish(writing),
      withdraw: operation.claim !== undefined && terms.queue !== true,
      deadline,
      interval: settings.publishInterval,
    });
  }

  /** A signal during publishing: the events are kept, which is enough unless they had to be published. */
  #interrupt(): void {
    this.#isInterrupted = true;
    const writing = this.#writing();
    if (!requiresPublish(writing)) writing.note(`${INTERRUPTED}: run 'kgit sync'`);
    else this.#errors.push(new InterruptedError(INTERRUPTED, { suggestions: ["Run 'kgit sync'"] }));
  }
}

/**
 * Runs a command between a `started` and a `succeeded` or `failed` event. The first event is durable before the command
 * starts; both are published when it has ended, except under a lease, where the first is published before.
 * Once the command has run, nothing is thrown: what went wrong with the record is in the result.
 * Throws before that: NotFoundError, LockHeldError, ConflictError, FencedError, SecretError, UsageError, EnvironmentError.
 */
export async function runCommand(intent: RunIntent, parts: RunParts): Promise<CommandRun> {
  const writing = parts.writing();
  const { opened, terms, claims, settings, writer } = writing;
  const subject = await eventSubject(intent.subject, namingOf(writing));
  const claim = await claimFor(opened.leases, terms.lock, claims, settings.timeout);
  const runId = writer.run.id ?? writer.ids.next();
  return new RecordedRun(intent, parts, { subject, claim, runId }).run();
}

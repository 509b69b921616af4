import type { LeaseClaim } from '../../model/lease/lease.js';
import { lockName } from '../../model/lease/lock-name.js';
import { makeOperation } from '../../model/operation/make-operation.js';
import type { EventWrite, Operation } from '../../model/operation/operation.js';
import { unfitForWindows } from '../../model/subject/subject.js';
import { isCi } from '../../setup/trust.js';
import type { Leases } from '../../store/lease/leases.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { Claims, Writing } from './writing.js';

/** Whether a write fails that cannot be published now. */
export function requiresPublish({ terms, environment }: Pick<Writing, 'terms' | 'environment'>): boolean {
  return terms.requirePublish ?? (isCi(environment) && terms.queue !== true);
}

/**
 * The claim that a write is made under: to the lock it names, else the innermost one that was handed to this process and
 * that this clone holds; null for a write without a lock. Throws LockHeldError, ConflictError.
 * @param talkMs how long the remote may take to answer
 */
export async function claimFor(
  leases: Leases,
  lock: string | undefined,
  { handed, taken = [] }: Claims,
  talkMs: number,
): Promise<LeaseClaim | null> {
  if (lock !== undefined) return leases.claim(lockName(lock), [...handed, ...taken], talkMs);
  const isHeld = await Promise.all(handed.map((claim) => leases.isHeldHere(claim)));
  return handed.findLast((_claim, i) => isHeld[i]) ?? null;
}

/**
 * Makes one operation of these events and writes it.
 * Throws SecretError and UsageError before anything is kept; then as `submit`.
 */
export function writeOperation(
  writing: Writing,
  events: readonly EventWrite[],
  more: Partial<Operation> = {},
  withdraw = false,
): Promise<WriteOutcome> {
  const { writer, terms } = writing;
  return submit(writing, makeOperation(events, writer, more, terms.allowSecret), withdraw);
}

/**
 * Carries out an operation on the terms of the user: plans it, queues it, publishes it, or proposes it.
 * Throws what is in the way; the error says whether the operation is kept.
 * @param withdraw take it back if it cannot be published now, for nobody would check its condition later
 */
export async function submit(writing: Writing, made: Operation, withdraw = false): Promise<WriteOutcome> {
  const { opened, settings, terms, note, deadline, publishLater } = writing;
  const { repository } = opened;
  const { publishInterval: interval } = settings;
  const claim = await claimFor(opened.leases, terms.lock, writing.claims, settings.timeout);
  for (const name of new Set(made.events.map(({ subject }) => unfitForWindows(subject)))) {
    if (name !== null)
      note(`Windows allows no folder named ${name}: the repository cannot be checked out there`);
  }
  const isDry = terms.dryRun === true;
  if (terms.propose && !isDry) return told(writing, await propose(writing, made));
  const isQueued = terms.queue === true;
  const isWithdrawn = withdraw || claim !== null;
  const requirePublish = requiresPublish(writing);
  const isJoined =
    publishLater !== undefined &&
    interval > 0 &&
    repository.store.isRemote &&
    !isWithdrawn &&
    !requirePublish &&
    !isQueued;
  const options = {
    queue: isQueued || isJoined,
    requirePublish,
    dryRun: isDry,
    withdraw: isWithdrawn && !isQueued,
    deadline,
    interval,
  };
  const operation = claim === null ? made : { ...made, claim };
  const write = repository.write(operation, options);
  const outcome = await write.catch((error: unknown) => proposeRefused(writing, made, claim, error));
  told(writing, outcome);
  if (isJoined && !isDry) await publishLater();
  return outcome;
}

function told({ note }: Writing, outcome: WriteOutcome): WriteOutcome {
  for (const line of outcome.notes) note(line);
  return outcome;
}

/** Proposes an operation instead of publishing it. */
export async function propose(writing: Writing, operation: Operation): Promise<WriteOutcome> {
  const { proposeWrite } = await import('../propose/propose-write.js');
  const { opened, settings, environment, terms, deadline } = writing;
  return proposeWrite(opened, settings, environment, operation, {
    title: terms.propose?.title,
    branch: terms.propose?.branch,
    mustOpen: requiresPublish(writing),
    deadline,
  });
}

/** Proposes what a protected branch refused, if `write.onProtected` says so; else throws the refusal with the way around it. */
async function proposeRefused(
  writing: Writing,
  operation: Operation,
  claim: LeaseClaim | null,
  error: unknown,
): Promise<WriteOutcome> {
  const { isProtected, protectedNote, stillKept, withProposal } = await import('../propose/propose-write.js');
  if (!isProtected(error)) throw error;
  const { opened, settings, note, command } = writing;
  if (settings.writeOnProtected === 'fail' || claim !== null)
    throw command === undefined ? error : withProposal(error, command());
  note(protectedNote(opened.name, error));
  const outcome = await propose(writing, operation).catch((cause: unknown) => {
    throw stillKept(cause, error);
  });
  await opened.repository.outbox.remove(operation.id);
  return outcome;
}

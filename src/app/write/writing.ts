import type { LeaseClaim } from '../../model/lease/lease.js';
import type { Writer } from '../../model/operation/make-operation.js';
import type { IdSource } from '../../model/value/ulid.js';
import { actorOf } from '../../setup/identity.js';
import { type Environment, thisHost } from '../../setup/this-host.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import type { Clock } from '../../store/port/host.js';
import type { Configured } from '../open/configured.js';
import { ciRun, runIdOf } from './run-of.js';

/** How the user wants a write to be carried out. */
export interface WriteTerms {
  /** Keep it durably here without using the network; it is published later. */
  readonly queue?: boolean | undefined;
  /** Work out what would be written, and write nothing. */
  readonly dryRun?: boolean | undefined;
  /** Fail if it cannot be published now. If left out: true where CI is set, unless it is queued. */
  readonly requirePublish?: boolean | undefined;
  /** Why it is written although a value looks secret. */
  readonly allowSecret?: string | undefined;
  /** The lock under whose lease alone it may be published. */
  readonly lock?: string | undefined;
  /** Propose it instead of publishing it. */
  readonly propose?: { readonly title: string | undefined; readonly branch: string | undefined } | undefined;
}

/** The leases that a process may write under. */
export interface Claims {
  /** Handed to the process in KGIT_LEASE by `kgit lock NAME -- COMMAND`. */
  readonly handed: readonly LeaseClaim[];
  /** Taken by the process itself: used only if the write names their lock. */
  readonly taken?: readonly LeaseClaim[];
}

/** An open repository, who writes to it, and on which terms: what every use case of writing takes. */
export interface Writing extends Configured {
  readonly reading: Reading;
  readonly environment: Environment;
  readonly writer: Writer;
  readonly claims: Claims;
  readonly terms: WriteTerms;
  /** When all use of the network must have ended, in ms since the epoch. */
  readonly deadline: number;
  /** Tells the user something that is not part of the result. */
  readonly note: (message: string) => void;
  /** Has another process publish what waits, once `publish.interval` has passed. Without it the write itself waits that long. */
  readonly publishLater?: (() => Promise<void>) | undefined;
  /** Returns the command line that is running, if adding --propose to it would propose the write. */
  readonly command?: (() => string) | undefined;
}

/**
 * Who writes, where, when and in which run.
 * Throws UsageError for a bad run id.
 * @param runId the run that the user named; KGIT_RUN_ID's or the CI's if left out
 */
export function writerOf(
  { opened, settings }: Pick<Configured, 'opened' | 'settings'>,
  environment: Environment,
  runId: string | undefined,
  { ids, clock }: { readonly ids: IdSource; readonly clock: Pick<Clock, 'now'> },
): Writer {
  const ci = ciRun(environment);
  return {
    actor: actorOf(settings, environment, opened.identity),
    host: thisHost.hostname,
    run: { id: runIdOf(runId, environment, ci?.id), url: ci?.url ?? null },
    ids,
    now: clock.now(),
  };
}

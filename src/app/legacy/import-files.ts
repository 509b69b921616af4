import { ConflictError } from '../../errors.js';
import type { Observation } from '../../k0rdent/observe/observation.js';
import type { Writer } from '../../model/operation/make-operation.js';
import type { Operation } from '../../model/operation/operation.js';
import { guardSecrets } from '../../model/secret/guard-secrets.js';
import type { Environment } from '../../setup/this-host.js';
import type { Reading, WriteOutcome } from '../../store/outbox/outcomes.js';
import type { Revision, StateView } from '../../store/port/state-store.js';
import { listSubjects } from '../../store/read/records.js';
import { keepLocally } from '../../sync/apply/keep-locally.js';
import { planFiles } from '../../sync/apply/plan-files.js';
import { parseImport } from '../../sync/parse/parse-import.js';
import { importOperation, sealSecrets } from '../../sync/plan/import-operation.js';
import { type ConflictRule, type ImportPlan, refusalOf } from '../../sync/plan/import-plan.js';
import { areRecorded } from '../../sync/plan/import-stands.js';
import type { SharedSecrets } from '../../sync/plan/shared-secrets.js';
import { teamGuard } from '../../sync/plan/team-guard.js';
import type { ParsedFile } from '../../sync/read/parsed-file.js';
import type { LegacyFile } from '../../sync/read/read-legacy-files.js';
import { liveReport, namespacesByName, observeAll, requireManagement } from '../observe/live-clusters.js';
import { defaultManagement } from '../open/subjects.js';
import { teamOf } from '../secret/shared-secrets.js';
import { importStamp, type LegacyContext, SECRET_GUARD } from './merge-host.js';

/** How often an import is replanned when the repository changes meanwhile. */
const TRIES = 3;

export interface ImportIntent {
  readonly files: readonly LegacyFile[];
  /** Namespace of the clusters, if the user names it. */
  readonly namespace: string | undefined;
  /** Deployment of files that do not name one. */
  readonly deployment: string | undefined;
  /** Asks k0rdent for the namespace of each cluster. */
  readonly isLive: boolean;
  readonly onConflict: ConflictRule;
  readonly skipInvalid: boolean;
  readonly isDryRun: boolean;
  readonly message?: string;
  readonly reason?: string;
  /** Why an operation that looks secret is written anyway. */
  readonly allowSecret: string | undefined;
}

/** The parts of a repository that an import reads. */
export interface ImportContext extends LegacyContext {
  readonly reading: Pick<Reading, 'view' | 'pending' | 'revision'>;
}

export type LiveReport = ReturnType<typeof liveReport>;

/** An import before it is carried out. */
export interface PlannedImport {
  readonly plan: ImportPlan;
  /** What k0rdent knows about the clusters, if it was asked. */
  readonly live: LiveReport | null;
}

/** Talks to the user during an import. */
export interface ImportTalk {
  onParsed(done: number, all: number): void;
  /** Called with a plan that cannot be carried out, before its error is thrown. */
  onRefused(plan: ImportPlan): void;
  /** Returns if the user agrees to the plan, else throws. */
  confirm(planned: PlannedImport): Promise<void>;
  onPublishing(): void;
  /** Called when another plan follows this one, because operations waiting in the outbox were refused. */
  onRefusedBefore(plan: ImportPlan): void;
}

export interface ImportParts<C extends ImportContext> {
  readonly talk: ImportTalk;
  readonly environment: Environment;
  readonly now: () => number;
  /** Opens the repository; `anew` after the first time, with the newest tip. */
  readonly open: (anew: boolean) => Promise<C>;
  readonly writer: (context: C) => Writer;
  /** Writes the operations of a plan; if there are none, publishes what waits. */
  readonly write: (context: C, operations: readonly Operation[]) => Promise<readonly WriteOutcome[]>;
}

export interface ImportResult extends PlannedImport {
  /** Revision that the plan was based on. */
  readonly revision: Revision | null;
  /** Outcomes of all operations, those of earlier tries first. */
  readonly outcomes: readonly WriteOutcome[];
  /** Number of outcomes of the last try; more than its plan has if earlier imports were waiting. */
  readonly written: number;
}

interface Planned<C> extends PlannedImport {
  readonly context: C;
  readonly parsed: readonly ParsedFile[];
  readonly team: SharedSecrets | null;
}

/** One import of the same files, planned and carried out until the repository contains them. */
class FileImport<C extends ImportContext> {
  readonly #intent: ImportIntent;
  readonly #parts: ImportParts<C>;
  readonly #outcomes: WriteOutcome[] = [];
  #observed: Observation | null = null;
  #shared: ReturnType<typeof teamOf> | null = null;

  constructor(intent: ImportIntent, parts: ImportParts<C>) {
    this.#intent = intent;
    this.#parts = parts;
  }

  async run(): Promise<ImportResult> {
    let planned = await this.#plan(await this.#parts.open(false));
    await this.#parts.talk.confirm(planned);
    for (let tries = 1; ; tries++) {
      try {
        const result = await this.#carryOut(planned);
        const rest = tries < TRIES ? await this.#refusedMeanwhile(planned) : null;
        if (rest === null) return result;
        this.#parts.talk.onRefusedBefore(planned.plan);
        planned = rest;
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === TRIES) throw error;
        // Somebody imported the same files, or changed the state, after the plan was made.
        planned = await this.#plan(await this.#parts.open(true));
      }
    }
  }

  /** Plans operations that were refused after a plan had counted them as recorded; null if nothing is left to import. */
  async #refusedMeanwhile({ context }: Planned<C>): Promise<Planned<C> | null> {
    const { pending } = context.reading;
    if (pending.length === 0) return null;
    const now = await this.#parts.open(true);
    if (await areRecorded(pending, now.reading.view)) return null;
    const planned = await this.#plan(now);
    return planned.plan.parts.length > 0 ? planned : null;
  }

  async #plan(context: C): Promise<Planned<C>> {
    const { talk } = this.#parts;
    const { files, namespace, deployment, onConflict, skipInvalid } = this.#intent;
    const management = defaultManagement(context);
    const settings = {
      management,
      namespace: namespace ?? context.settings.namespace,
      namespaces: await this.#namespaces(context, management),
      deployment,
      skipInvalid,
      secrets: SECRET_GUARD,
    };
    const first = parseImport(files, settings, (done, all) => talk.onParsed(done, all));
    const { view, pending } = context.reading;
    const guard = await teamGuard(first, view, SECRET_GUARD);
    const parsed = guard ? parseImport(files, { ...settings, secrets: guard }) : first;
    const team = await this.#team(context.settings, view);
    const base = {
      view,
      pending,
      localFolder: context.opened.localFolder,
      secrets: guard ?? SECRET_GUARD,
      team,
    };
    const plan = await planFiles(parsed, base, { onConflict, skipInvalid });
    const refusal = refusalOf(plan);
    if (refusal) {
      talk.onRefused(plan);
      throw refusal;
    }
    const subjects = parsed.map(({ subject }) => subject);
    return { context, parsed, plan, team, live: this.#observed && liveReport(subjects, this.#observed) };
  }

  /**
   * The known namespace of each cluster: the repository's first, so that no cluster is imported twice, then k0rdent's.
   */
  async #namespaces(context: C, management: string): Promise<ReadonlyMap<string, string>> {
    const { isLive, namespace: named } = this.#intent;
    const subjects = await listSubjects(context.reading.view, 'cluster');
    const known = subjects.filter((subject) => subject.kind === 'cluster');
    const namespaces = [context.settings.namespace, ...known.map(({ namespace }) => namespace)];
    if (isLive)
      this.#observed ??= await observeAll({
        environment: this.#parts.environment,
        timeoutMs: context.settings.timeout,
        now: this.#parts.now,
        managements: context.managements,
        namespaces: named === undefined ? namespaces : [named, ...namespaces],
      });
    if (this.#observed) requireManagement(this.#observed, management);
    const live = namespacesByName(this.#observed?.clusters ?? [], management, named);
    if (named !== undefined) return live;
    return new Map([...live, ...namespacesByName(known, management)]);
  }

  /** One for all tries: what it has decrypted, it does not decrypt again. */
  #team(settings: C['settings'], view: StateView): Promise<SharedSecrets | null> {
    this.#shared ??= teamOf(settings, this.#parts.environment);
    return this.#shared(view);
  }

  async #carryOut({ context, parsed, plan, team, live }: Planned<C>): Promise<ImportResult> {
    const { isDryRun, message, reason, allowSecret } = this.#intent;
    const local = keepLocally(context.opened.localFolder, parsed);
    // Before anything is published: values that are not published must not be lost here.
    if (!isDryRun && team === null) await local.secrets();
    const fields = {
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
    };
    const operations: Operation[] = [];
    for (const part of plan.parts) {
      const stamp = importStamp(this.#parts.writer(context), fields);
      const operation = await sealSecrets(importOperation(part, stamp), part, context.reading.view, team);
      operations.push(guardSecrets(operation, allowSecret));
    }
    this.#parts.talk.onPublishing();
    const outcomes = await this.#parts.write(context, operations);
    this.#outcomes.push(...outcomes);
    const { view, revision } = context.reading;
    const reread = () => context.opened.repository.read('never', context.settings.timeout);
    if (!isDryRun) await local.files(view, { plan, operations }, reread);
    return { plan, live, revision, outcomes: [...this.#outcomes], written: outcomes.length };
  }
}

/**
 * Imports legacy files: plans what is new in them, asks the user, stores secrets and records on this machine, and
 * writes one operation for each deployment. If the repository changes meanwhile, it replans, three tries at most.
 * Throws ConflictError if file and repository differ, InvalidStateError for broken files, and the errors of writes.
 */
export function importFiles<C extends ImportContext>(
  intent: ImportIntent,
  parts: ImportParts<C>,
): Promise<ImportResult> {
  return new FileImport(intent, parts).run();
}

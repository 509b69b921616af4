import { type Command, Flags, type Interfaces } from '@oclif/core';
import { type Lesson, lessonsOf } from '../../app/observe/learned-managements.js';
import { resolveCluster } from '../../app/subjects.js';
import { type ErrorCode, KgitError, NotFoundError, UsageError } from '../../errors.js';
import { type ClusterDetail, readClusterDetail } from '../../k0rdent/cluster/cluster-detail.js';
import { type Kubectl, openKubectl } from '../../k0rdent/kubectl/kubectl.js';
import { recordedManagements } from '../../k0rdent/management/management.js';
import type { KeptObject, Observation, Watchable } from '../../k0rdent/observe/observation.js';
import { type ObserveOptions, observe } from '../../k0rdent/observe/observe.js';
import type { Operation } from '../../model/operation/operation.js';
import { guardSecrets } from '../../model/secret/guard-secrets.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import { formatAge } from '../../model/value/time.js';
import { monotonicIds } from '../../model/value/ulid.js';
import { endOfProcess } from '../../process/end-signals.js';
import { actorOf } from '../../setup/identity.js';
import { randomBytes } from '../../store/local/random-bytes.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { type ClusterRecord, readClusters } from '../../store/read/cluster-records.js';
import { readEvents } from '../../store/read/records.js';
import { readAll } from '../../store/read/stored-events.js';
import { oneLine } from '../../terminal/terminal-text.js';
import { type TimeLineEntry, timeLine } from '../render/status/time-line.js';
import type { CommandClass, Context } from './base-command.js';
import { ReadCommand } from './read-command.js';

const NOT_JUDGED = 'kgit cannot tell which recorded clusters have vanished there';

/** Which clusters are asked for. */
export interface Wanted {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
  /** Whether to read how k0rdent itself is, and what lies beside the clusters. */
  readonly health?: boolean | undefined;
  /** Contexts to ask, where not those of the command line. */
  readonly contexts?: readonly string[] | undefined;
  /** Contexts that were asked before. */
  readonly beside?: readonly Watchable[] | undefined;
}

/** One cluster explained, with what happened to it. */
export interface ExplainedCluster {
  readonly detail: ClusterDetail;
  readonly timeLine: readonly TimeLineEntry[];
}

/** An explained cluster in a JSON result; its events are in the time line. */
export function explainedJson({ detail, timeLine: entries }: ExplainedCluster) {
  const { events, ...shown } = detail;
  return { detail: { ...shown, eventsSeen: events !== null }, timeLine: entries };
}

/** The flags of every command that asks k0rdent. */
const CLUSTER_FLAGS = {
  context: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'kubeconfig context.',
  }),
  kubeconfig: Flags.string({ helpValue: 'FILE', summary: 'kubeconfig file.' }),
  learn: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Note in kgit.yaml what each management cluster is known by, where that is new.',
  }),
};

/** Base of the commands that ask k0rdent through kubectl. */
export abstract class ClusterCommand<T extends CommandClass = typeof Command> extends ReadCommand<T> {
  static override baseFlags: Interfaces.FlagInput = {
    ...ReadCommand.baseFlags,
    ...CLUSTER_FLAGS,
  };

  static override get exits(): readonly ErrorCode[] {
    return [...ReadCommand.exits, 'FINDINGS', 'CLUSTER'];
  }

  declare protected flags: ReadCommand<T>['flags'] & Interfaces.InferredFlags<typeof CLUSTER_FLAGS>;

  readonly #ids = monotonicIds(
    () => this.now(),
    () => randomBytes(10),
  );

  protected override get readsHistory(): boolean {
    return true;
  }

  /** The cluster that the argument names. Throws UsageError. */
  protected async namedCluster(context: Context, name: string): Promise<ClusterSubject> {
    if (name.startsWith('deployment/'))
      throw new UsageError('k0rdent has a status of clusters only', {
        suggestions: ["A deployment's state: kgit get, kgit phase"],
      });
    return resolveCluster(name.replace(/^cluster\//, ''), { ...context, view: context.reading.view });
  }

  /** Management clusters whose first look was told. */
  readonly #seen = new Set<string>();
  #end: AbortSignal | null = null;

  /** The user's kubectl, which may take `timeout` ms for all that it is asked; for each question where `stop` ends it. */
  protected kubectl(timeout: number, stop?: AbortSignal): Kubectl {
    this.#end ??= endOfProcess();
    const signal = stop ?? AbortSignal.any([AbortSignal.timeout(timeout), this.#end]);
    return openKubectl({
      environment: this.environment,
      kubeconfig: this.flags.kubeconfig,
      timeoutMs: timeout,
      requestTimeoutMs: timeout,
      signal,
    });
  }

  /** What is asked of which contexts; objects are kept of one named cluster, and of those whose parameters are recorded. */
  protected observeOptions(
    context: Context,
    records: readonly ClusterRecord[],
    wanted: Wanted,
  ): Omit<ObserveOptions, 'kubectl'> {
    const compared = new Set(
      records
        .filter(({ parameters }) => parameters.size > 0)
        .map(({ subject: { namespace, name } }) => `${namespace}/${name}`),
    );
    return {
      ...wanted,
      beside: wanted.beside ?? [],
      contexts: wanted.contexts ?? this.flags.context ?? [],
      managements: recordedManagements(context.managements),
      namespaces: [...new Set(records.map(({ subject }) => subject.namespace))],
      keeps: (namespace, name) => wanted.name !== undefined || compared.has(`${namespace}/${name}`),
      now: () => new Date(this.now()),
    };
  }

  /** Asks the clusters, and notes what is new of the identity of a management cluster. Throws ClusterError. */
  protected async observe(
    context: Context,
    records: readonly ClusterRecord[],
    wanted: Wanted,
    signal?: AbortSignal,
  ): Promise<Observation> {
    const kubectl = this.kubectl(context.settings.timeout, signal);
    // A login of kubectl's may ask at the terminal.
    const wait = this.notes.begin('asking the cluster', true);
    const observation = await observe({ ...this.observeOptions(context, records, wanted), kubectl }).finally(
      wait.end,
    );
    await this.#learn(context, observation);
    return observation;
  }

  /** What explains one cluster, and its time line with the last `limit` events of either side. Throws ClusterError. */
  protected async explained(
    context: Context,
    subject: ClusterSubject,
    kept: KeptObject,
    limit: number,
  ): Promise<ExplainedCluster> {
    const [detail, stored] = await Promise.all([
      readClusterDetail(kept, { now: new Date(this.now()), explain: this.given('explain') === true }),
      readEvents(context.reading.view, subject, this.skipped),
    ]);
    const recorded = readAll(stored.slice(-limit), this.skipped);
    return { detail, timeLine: timeLine(recorded, detail.events ?? [], limit) };
  }

  /** That a cluster is neither live nor recorded, with the places where one of its name is. Throws ClusterError. */
  protected async notKnown(context: Context, one: ClusterSubject): Promise<NotFoundError> {
    const records = (await readClusters(context.reading.view, this.skipped)).filter(
      ({ subject, lastEvent }) => subject.name === one.name && lastEvent !== null,
    );
    const { clusters } = await this.observe(context, records, { name: one.name });
    const places = [...clusters, ...records.map(({ subject }) => subject)].map(
      ({ management, namespace, name }) =>
        management === one.management ? `${namespace}/${name}` : `${management}/${namespace}/${name}`,
    );
    const subject = formatSubject(one);
    const suggestions = [...new Set(places)].sort().map((place) => `Did you mean ${place}?`);
    return new NotFoundError(`${subject} is neither live nor recorded`, {
      suggestions: [...suggestions, "'kgit status' shows what is live, 'kgit list' what is recorded"],
      data: { subject },
    });
  }

  /**
   * Notes in kgit.yaml what each management cluster is known by, at the first look at one and where more can be read than
   * is recorded, and says so. It is left out with --no-learn, and where the remote is not to be asked; a first look is also
   * left out where another context cannot be asked. That it fails is no failure of the command.
   */
  async #learn(context: Context, { contexts }: Observation): Promise<void> {
    // The context that fails may be the one that the name belongs to.
    const isPartial = contexts.some(({ error }) => error !== null);
    for (const lesson of lessonsOf(contexts, context.managements)) {
      if (this.#seen.has(lesson.name)) continue;
      this.#seen.add(lesson.name);
      await this.#note(context, lesson, isPartial);
    }
  }

  async #note(context: Context, lesson: Lesson, isPartial: boolean): Promise<void> {
    const { name, isNew, learned, says } = lesson;
    const isOffline = this.flags.fetch === false && context.opened.repository.store.isRemote;
    if (learned === null) {
      this.note(
        `nothing that you may read tells management cluster ${name} from another one: ${NOT_JUDGED} (docs/rbac.yaml has the rights)`,
      );
      return;
    }
    if (this.flags.learn === false || isOffline || (isNew && isPartial)) {
      const why = isOffline ? '--no-fetch' : isPartial ? 'another context cannot be asked' : '--no-learn';
      if (isNew) this.note(`the identity of ${name} is not in kgit.yaml (${why}): ${NOT_JUDGED}`);
      return;
    }
    const title = `management: ${name} ${isNew ? 'identified' : 'identity raised'}`;
    try {
      const outcome = await this.writeObserved(context, { title, events: [], learned }, true);
      const where = outcome.revision === null ? '' : `, ${outcome.delivery} ${outcome.revision.slice(0, 10)}`;
      this.note(`${says}${where}`);
      if (isNew)
        this.note('from the next look on, a recorded cluster that is missing there counts as vanished');
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      const effect = isNew ? `, so ${NOT_JUDGED}` : '';
      this.note(
        `the identity of ${name} could not be noted in kgit.yaml${effect} (--no-learn stops trying): ${error.message}`,
      );
    }
  }

  /** Writes what was seen in a cluster, by the one rule for failure; `withdraw`: or not at all. Throws KgitError. */
  protected async writeObserved(
    { opened, settings }: Context,
    seen: Pick<Operation, 'title' | 'events' | 'learned'>,
    withdraw: boolean,
  ): Promise<WriteOutcome> {
    const actor = actorOf(settings, this.environment, opened.identity);
    const operation = guardSecrets({ id: this.#ids.next(), time: this.now(), actor, ...seen }, undefined);
    const deadline = this.now() + settings.timeout;
    const options = { queue: false, requirePublish: false, dryRun: false, withdraw, deadline };
    const outcome = await opened.repository.write(operation, options);
    for (const note of outcome.notes) this.note(note);
    return outcome;
  }

  /** What is known of the repository, in one line: `main@a1b2c3d, 2 pending, fetched 4m ago`. */
  protected repositoryLine({ opened, reading }: Context): string {
    const { revision, fetchedAt, pending } = reading;
    const waiting = pending.length > 0 ? `, ${pending.length} pending` : '';
    const fetched =
      fetchedAt === null
        ? ''
        : `, fetched ${fetchedAt === 0 ? 'never' : `${formatAge(this.now() - fetchedAt)} ago`}`;
    return `${oneLine(opened.name)}@${revision?.slice(0, 7) ?? 'empty'}${waiting}${fetched}`;
  }
}

import { KgitError, NotFoundError } from '../../errors.js';
import { type ClusterDetail, readClusterDetail } from '../../k0rdent/cluster/cluster-detail.js';
import type { Kubectl } from '../../k0rdent/kubectl/kubectl.js';
import { recordedManagements } from '../../k0rdent/management/management.js';
import type { KeptObject, Observation, Watchable } from '../../k0rdent/observe/observation.js';
import { type ObserveOptions, observe } from '../../k0rdent/observe/observe.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { Actor, Operation } from '../../model/operation/operation.js';
import { guardSecrets } from '../../model/secret/guard-secrets.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import type { IdSource } from '../../model/value/ulid.js';
import type { Reading, WriteOutcome } from '../../store/outbox/outcomes.js';
import { type ClusterRecord, readClusters } from '../../store/read/cluster-records.js';
import type { Configured } from '../open/configured.js';
import { type Lesson, lessonsOf } from './learned-managements.js';
import { lastEvents, recordedTimeLine, type TimeLineEntry, timeLine } from './time-line.js';

const NOT_JUDGED = 'kgit cannot tell which recorded clusters have vanished there';

/** Which clusters to query. */
export interface Wanted {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
  /** Whether to also read the health of k0rdent itself and the objects related to the clusters. */
  readonly health?: boolean | undefined;
  /** Whether to keep the objects of all clusters, not only of those with recorded parameters. */
  readonly objects?: boolean | undefined;
  /** Contexts to query instead of the observer's own. */
  readonly contexts?: readonly string[] | undefined;
  /** Contexts that were queried before. */
  readonly beside?: readonly Watchable[] | undefined;
}

/** Details of one cluster, with its timeline. */
export interface ExplainedCluster {
  readonly detail: ClusterDetail;
  readonly timeLine: readonly TimeLineEntry[];
}

/** The part of an open repository that an observer needs. */
export interface ObserverContext {
  readonly opened: Pick<Configured['opened'], 'repository'>;
  readonly settings: Configured['settings'];
  readonly managements: Configured['managements'];
  readonly reading: Reading;
}

export interface ObserverOptions {
  /** Opens the user's kubectl. `timeout` (ms) limits all queries together, or each query if `stop` ends them. */
  readonly kubectl: (timeout: number, stop?: AbortSignal) => Kubectl;
  /** The kubeconfig contexts to query; if empty, the current one. */
  readonly contexts: readonly string[];
  /** Why new identities are not written to kgit.yaml, such as `--no-learn`; null if they are. */
  readonly learnsNot: string | null;
  /** Actor of the events written. */
  readonly actor: Actor;
  readonly ids: IdSource;
  /** ms since the epoch */
  readonly now: () => number;
  /** Shows the user a message that is not part of the result. */
  readonly note: (message: string) => void;
  /** Shows the user that a cluster is being queried, until the work is done. */
  readonly asking: <T>(work: Promise<T>) => Promise<T>;
  /** How to handle events that cannot be read. */
  readonly broken: BrokenEvents;
}

/** Queries k0rdent on behalf of a repository, and records what it learns. */
export class Observer {
  readonly context: ObserverContext;
  readonly #options: ObserverOptions;
  /** Management clusters whose new identities were already reported. */
  readonly #seen = new Set<string>();

  constructor(context: ObserverContext, options: ObserverOptions) {
    this.context = context;
    this.#options = options;
  }

  /** The kubeconfig contexts that the user named; none for the current one. */
  get contexts(): readonly string[] {
    return this.#options.contexts;
  }

  /** ms since the epoch */
  now(): number {
    return this.#options.now();
  }

  note(message: string): void {
    this.#options.note(message);
  }

  /** Reads the records of all clusters, or of one. */
  records(one: ClusterSubject | null = null): Promise<readonly ClusterRecord[]> {
    return readClusters(this.context.reading.view, this.#options.broken, one ?? undefined);
  }

  /**
   * Queries the clusters, and writes new identities of their management clusters to kgit.yaml. Throws ClusterError.
   * @param records the recorded clusters to compare with the live ones
   * @param stop ends the queries; without it they end at the timeout of the settings
   */
  async observe(records: readonly ClusterRecord[], wanted: Wanted, stop?: AbortSignal): Promise<Observation> {
    const { asking, kubectl } = this.#options;
    const asked = {
      ...this.#question(records, wanted),
      kubectl: kubectl(this.context.settings.timeout, stop),
    };
    const observation = await asking(observe(asked));
    await this.#learn(observation);
    return observation;
  }

  /**
   * Lists the clusters of one namespace and keeps the objects of the wanted ones; writes nothing. Throws ClusterError.
   * @param timeout limit in ms
   */
  look(wanted: readonly ClusterSubject[], namespace: string, timeout: number): Promise<Observation> {
    const [only] = wanted.length === 1 ? wanted : [];
    return observe({
      ...this.#question([], { namespace, name: only?.name }),
      keeps: (_, name) => wanted.some((one) => one.name === name),
      kubectl: this.#options.kubectl(timeout),
    });
  }

  /** Builds the query. Objects are kept for a single named cluster, and for clusters with recorded parameters. */
  #question(records: readonly ClusterRecord[], wanted: Wanted): Omit<ObserveOptions, 'kubectl'> {
    const compared = new Set(
      records
        .filter(({ parameters }) => parameters.size > 0)
        .map(({ subject: { namespace, name } }) => `${namespace}/${name}`),
    );
    return {
      ...wanted,
      beside: wanted.beside ?? [],
      contexts: wanted.contexts ?? this.#options.contexts,
      managements: recordedManagements(this.context.managements),
      namespaces: [...new Set(records.map(({ subject }) => subject.namespace))],
      keeps: (namespace, name) =>
        wanted.objects === true || wanted.name !== undefined || compared.has(`${namespace}/${name}`),
      now: () => new Date(this.now()),
    };
  }

  /**
   * Explains one cluster, with the last `limit` events of kgit and Kubernetes. Throws ClusterError.
   * @param withParts whether to also fetch the objects that it depends on and consists of
   */
  async explain(
    subject: ClusterSubject,
    kept: KeptObject,
    limit: number,
    withParts: boolean,
  ): Promise<ExplainedCluster> {
    const [detail, recorded] = await Promise.all([
      readClusterDetail(kept, { now: new Date(this.now()), explain: withParts }),
      lastEvents(this.context.reading.view, subject, limit, this.#options.broken),
    ]);
    return { detail, timeLine: timeLine(recorded, detail.events ?? [], limit) };
  }

  /** Returns the timeline of a cluster that is not live: its last `limit` recorded events. */
  recordedTimeLine(subject: ClusterSubject, limit: number): Promise<readonly TimeLineEntry[]> {
    return recordedTimeLine(this.context.reading.view, subject, limit, this.#options.broken);
  }

  /**
   * Builds the error for a cluster that is neither live nor recorded; it lists where clusters of that name exist.
   * Throws ClusterError.
   */
  async notKnown(one: ClusterSubject): Promise<NotFoundError> {
    const records = (await this.records()).filter(
      ({ subject, lastEvent }) => subject.name === one.name && lastEvent !== null,
    );
    const { clusters } = await this.observe(records, { name: one.name });
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
   * Writes the identities of each management cluster to kgit.yaml, on first contact and whenever more can be read than
   * is recorded, and tells the user. On first contact nothing is written while another context cannot be queried,
   * because the name may belong to that context's cluster. A failed write is reported but does not fail the command.
   */
  async #learn({ contexts }: Observation): Promise<void> {
    const isPartial = contexts.some(({ error }) => error !== null);
    for (const lesson of lessonsOf(contexts, this.context.managements)) {
      if (this.#seen.has(lesson.name)) continue;
      this.#seen.add(lesson.name);
      await this.#noteLesson(lesson, isPartial);
    }
  }

  async #noteLesson({ name, isNew, learned, says }: Lesson, isPartial: boolean): Promise<void> {
    if (learned === null) {
      this.note(
        `nothing that you may read tells management cluster ${name} from another one: ${NOT_JUDGED} (docs/rbac.yaml has the rights)`,
      );
      return;
    }
    const { learnsNot } = this.#options;
    if (learnsNot !== null || (isNew && isPartial)) {
      const why = isPartial && learnsNot !== '--no-fetch' ? 'another context cannot be asked' : learnsNot;
      if (isNew) this.note(`the identity of ${name} is not in kgit.yaml (${why}): ${NOT_JUDGED}`);
      return;
    }
    const title = `management: ${name} ${isNew ? 'identified' : 'identity raised'}`;
    try {
      const outcome = await this.write({ title, events: [], learned }, true);
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

  /**
   * Writes observations of a cluster. Throws KgitError.
   * @param withdraw whether to drop the write, instead of keeping it in the outbox, if it cannot be published now
   */
  async write(
    seen: Pick<Operation, 'title' | 'events' | 'learned'>,
    withdraw: boolean,
  ): Promise<WriteOutcome> {
    const { actor, ids } = this.#options;
    const { opened, settings } = this.context;
    const operation = guardSecrets({ id: ids.next(), time: this.now(), actor, ...seen }, undefined);
    const deadline = this.now() + settings.timeout;
    const options = { queue: false, requirePublish: false, dryRun: false, withdraw, deadline };
    const outcome = await opened.repository.write(operation, options);
    for (const note of outcome.notes) this.note(note);
    return outcome;
  }

  /** Reads the repository at the remote's current tip, if the remote answers. */
  newest(): Promise<Reading> {
    const { opened, settings } = this.context;
    return opened.repository.read({ olderThan: 0 }, settings.timeout);
  }
}

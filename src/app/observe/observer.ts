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
import { readEvents } from '../../store/read/records.js';
import { readAll } from '../../store/read/stored-events.js';
import type { Configured } from '../configured.js';
import { type Lesson, lessonsOf } from './learned-managements.js';
import { type TimeLineEntry, timeLine } from './time-line.js';

const NOT_JUDGED = 'kgit cannot tell which recorded clusters have vanished there';

/** Which clusters are asked for. */
export interface Wanted {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
  /** Whether to read how k0rdent itself is, and what lies beside the clusters. */
  readonly health?: boolean | undefined;
  /** Contexts to ask, in place of those of the observer. */
  readonly contexts?: readonly string[] | undefined;
  /** Contexts that were asked before. */
  readonly beside?: readonly Watchable[] | undefined;
}

/** One cluster explained, with what happened to it. */
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
  /** The user's kubectl, which may take `timeout` ms for all that it is asked; for each question where `stop` ends it. */
  readonly kubectl: (timeout: number, stop?: AbortSignal) => Kubectl;
  /** The kubeconfig contexts to ask; none: the current one. */
  readonly contexts: readonly string[];
  /** Why identities are not to be noted in kgit.yaml, such as `--no-learn`; null where they are. */
  readonly learnsNot: string | null;
  /** Who writes. */
  readonly actor: Actor;
  readonly ids: IdSource;
  /** ms since the epoch */
  readonly now: () => number;
  /** Tells people what is no part of the result. */
  readonly note: (message: string) => void;
  /** Tells people that a cluster is being asked, until the work is done. */
  readonly asking: <T>(work: Promise<T>) => Promise<T>;
  /** What becomes of events that cannot be read. */
  readonly broken: BrokenEvents;
}

/** Asks k0rdent on behalf of a repository, and records what it learns. */
export class Observer {
  readonly context: ObserverContext;
  readonly #options: ObserverOptions;
  /** Management clusters whose first look was told. */
  readonly #seen = new Set<string>();

  constructor(context: ObserverContext, options: ObserverOptions) {
    this.context = context;
    this.#options = options;
  }

  /** ms since the epoch */
  now(): number {
    return this.#options.now();
  }

  note(message: string): void {
    this.#options.note(message);
  }

  /** What is recorded of every cluster, or of one. */
  async records(one: ClusterSubject | null = null): Promise<readonly ClusterRecord[]> {
    const records = await readClusters(this.context.reading.view, this.#options.broken);
    return one === null
      ? records
      : records.filter(({ subject }) => formatSubject(subject) === formatSubject(one));
  }

  /**
   * Asks the clusters, and notes in kgit.yaml what is new of the identity of a management cluster. Throws ClusterError.
   * @param records the recorded clusters that are compared with the live ones
   * @param stop ends the questions; without it they end at the time-out of the settings
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
   * Asks for the clusters of one namespace and keeps the objects of some; writes nothing. Throws ClusterError.
   * @param timeout how long it may take, in ms
   */
  look(wanted: readonly ClusterSubject[], namespace: string, timeout: number): Promise<Observation> {
    const [only] = wanted.length === 1 ? wanted : [];
    return observe({
      ...this.#question([], { namespace, name: only?.name }),
      keeps: (_, name) => wanted.some((one) => one.name === name),
      kubectl: this.#options.kubectl(timeout),
    });
  }

  /** What is asked of which contexts; objects are kept of one named cluster, and of those whose parameters are recorded. */
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
      keeps: (namespace, name) => wanted.name !== undefined || compared.has(`${namespace}/${name}`),
      now: () => new Date(this.now()),
    };
  }

  /**
   * Explains one cluster, with the last `limit` events of kgit and of Kubernetes. Throws ClusterError.
   * @param withParts whether to fetch what it depends on and is made of
   */
  async explain(
    subject: ClusterSubject,
    kept: KeptObject,
    limit: number,
    withParts: boolean,
  ): Promise<ExplainedCluster> {
    const [detail, recorded] = await Promise.all([
      readClusterDetail(kept, { now: new Date(this.now()), explain: withParts }),
      this.#events(subject, limit),
    ]);
    return { detail, timeLine: timeLine(recorded, detail.events ?? [], limit) };
  }

  /** The time line of a cluster that is not live: its last `limit` recorded events. */
  async recordedTimeLine(subject: ClusterSubject, limit: number): Promise<readonly TimeLineEntry[]> {
    return timeLine(await this.#events(subject, limit), [], limit);
  }

  async #events(subject: ClusterSubject, limit: number) {
    const stored = await readEvents(this.context.reading.view, subject, this.#options.broken);
    return readAll(stored.slice(-limit), this.#options.broken);
  }

  /** The error for a cluster that is neither live nor recorded, with the places where one of its name is. Throws ClusterError. */
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
   * Notes in kgit.yaml what each management cluster is known by, at the first look at one and where more can be read than
   * is recorded, and tells the user. A first look is not noted while another context cannot be asked, for the name may
   * belong to that one. A failure to note it is told, and does not fail the command.
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
   * Writes what was seen in a cluster. Throws KgitError.
   * @param withdraw whether it is taken back rather than kept in the outbox when it cannot be published now
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

  /** The repository as the remote has it now, where it answers. */
  newest(): Promise<Reading> {
    const { opened, settings } = this.context;
    return opened.repository.read({ olderThan: 0 }, settings.timeout);
  }
}

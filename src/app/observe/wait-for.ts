import { ClusterError, errorFromJson, FindingsError } from '../../errors.js';
import { causeOf } from '../../k0rdent/cluster/cluster-detail.js';
import { clusterStatus } from '../../k0rdent/cluster/cluster-state.js';
import { readDeletion } from '../../k0rdent/cluster/deletion.js';
import { explainConditions } from '../../k0rdent/cluster/explanation.js';
import { readServiceDetails } from '../../k0rdent/cluster/service-details.js';
import { isPassing, isPassingOnceWorked } from '../../k0rdent/kubectl/cluster-failure.js';
import type { KeptObject, Observation } from '../../k0rdent/observe/observation.js';
import { RestartGrace } from '../../k0rdent/watch/restart-grace.js';
import { judge, type Seen, type WaitGoal } from '../../k0rdent/watch/wait-verdict.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import { formatAge } from '../../model/value/time.js';
import type { Clock } from '../../store/port/host.js';

/** Time limit of one query, in ms. */
const ASK_MS = 30_000;
/** Least time given to a query, in ms, however little of the limit is left. */
const ASK_LEAST_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** A cluster as one query saw it. */
interface Look {
  readonly seen: Seen | null;
  /** What explains its state; null if nothing does. */
  readonly cause: string | null;
}

type Looks = ReadonlyMap<string, Look>;

/** A cluster that is waited for: its first state, and what was last reported about it. */
interface Waiting extends Partial<Pick<Look, 'cause'>> {
  readonly one: ClusterSubject;
  readonly first: Seen | null;
  readonly said: string;
  readonly state?: string | null;
}

/** A cluster that has reached the goal. */
export interface Reached {
  readonly subject: string;
  /** Null: gone. */
  readonly state: string | null;
  readonly seconds: number;
}

export interface WaitFor {
  readonly goal: WaitGoal;
  /** How long to wait, in ms. */
  readonly limit: number;
  /** Contexts to name in advice. */
  readonly contexts: readonly string[];
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Lists some clusters of a namespace, and keeps their objects. Throws ClusterError. */
  readonly look: (
    wanted: readonly ClusterSubject[],
    namespace: string,
    timeout: number,
  ) => Promise<Pick<Observation, 'contexts' | 'objects'>>;
  readonly note: (message: string) => void;
}

/**
 * Waits until every cluster has reached the goal. Throws FindingsError if a cluster has failed or the time is up.
 * Throws ClusterError if the clusters cannot be queried: at once if only the user can fix it, otherwise when the time
 * is up.
 */
export async function waitFor(clusters: readonly ClusterSubject[], options: WaitFor): Promise<Reached[]> {
  const { goal, limit, clock, note } = options;
  const began = clock.now();
  const looker = new PatientLooker(options, began + limit);
  const reached: Reached[] = [];
  let waiting: readonly Waiting[] = [
    ...new Map(clusters.map((one) => [formatSubject(one), { one, first: null, said: '' }])).values(),
  ];
  for (let pause = FIRST_PAUSE_MS; ; pause = longer(pause)) {
    const looks = await looker.look(waiting.map(({ one }) => one));
    const left: Waiting[] = [];
    for (const item of waiting) {
      const subject = formatSubject(item.one);
      const { seen, cause } = looks.get(subject) ?? { seen: null, cause: null };
      const first = item.first ?? seen;
      const state = seen?.state ?? null;
      const said = `${subject}: ${state ?? 'not there'}${cause ? `, ${cause}` : ''}`;
      const verdict = judge(goal, first, seen);
      const next: Waiting = { one: item.one, first, said, state, cause };
      if (verdict === 'failed')
        throw failure(`${said}; waited for ${goal}`, next, 'failed', options.contexts);
      if (verdict === 'reached')
        reached.push({ subject, state, seconds: Math.round((clock.now() - began) / 1000) });
      else left.push(next);
      if (said !== item.said && (verdict === 'waiting' || waiting.length > 1)) note(said);
    }
    const [slow] = left;
    if (slow === undefined) return reached;
    if (clock.now() + pause > began + limit) {
      const words = `not ${goal} after ${formatAge(limit)}: ${left.map(({ said }) => said).join('; ')}`;
      throw failure(words, slow, 'timeout', options.contexts);
    }
    waiting = left;
    await clock.sleep(pause);
  }
}

function longer(pause: number): number {
  return Math.min(pause * 1.5, LONGEST_PAUSE_MS);
}

/** Queries the clusters, and retries after transient failures until the time is up. */
class PatientLooker {
  readonly #options: WaitFor;
  readonly #until: number;
  #hasAnswered = false;

  /** @param until ms since the epoch */
  constructor(options: WaitFor, until: number) {
    this.#options = options;
    this.#until = until;
  }

  /** Throws ClusterError. */
  async look(wanted: readonly ClusterSubject[]): Promise<Looks> {
    const { clock, note } = this.#options;
    let told: string | null = null;
    const grace = new RestartGrace();
    for (let pause = FIRST_PAUSE_MS; ; pause = longer(pause)) {
      try {
        const left = Math.max(this.#until - clock.now(), ASK_LEAST_MS);
        const looks = await this.#once(wanted, Math.min(left, ASK_MS));
        if (told !== null) note('the cluster answers again');
        this.#hasAnswered = true;
        return looks;
      } catch (error) {
        const passes = this.#hasAnswered ? isPassingOnceWorked : isPassing;
        if (!(error instanceof ClusterError) || clock.now() + pause > this.#until) throw error;
        if (!grace.mayPass(error, passes(error), clock.now())) throw error;
        // Report each cause once: a server that is away for an hour fails hundreds of times.
        if (error.causeWord !== told)
          note(`the cluster cannot be asked, kgit keeps trying: ${error.message}`);
        told = error.causeWord;
        await clock.sleep(pause);
      }
    }
  }

  /** Makes one list request per namespace, however many of its clusters are waited for. */
  async #once(all: readonly ClusterSubject[], askMs: number): Promise<Looks> {
    const looks = new Map<string, Look>();
    for (const namespace of new Set(all.map((one) => one.namespace))) {
      const wanted = all.filter((one) => one.namespace === namespace);
      const { contexts, objects } = await this.#options.look(wanted, namespace, askMs);
      const failed = contexts.find(({ error }) => error !== null)?.error;
      for (const subject of wanted.map(formatSubject)) {
        const kept = objects.get(subject);
        if (!kept && failed) throw errorFromJson(failed);
        if (kept) looks.set(subject, lookOf(kept, new Date(this.#options.clock.now())));
      }
    }
    return looks;
  }
}

function lookOf({ cluster, object }: KeptObject, now: Date): Look {
  const { state, flags } = clusterStatus(cluster, now);
  const conditions = explainConditions(cluster.conditions, state);
  const cause = causeOf(state, conditions, readServiceDetails(object), readDeletion(object));
  return {
    seen: { uid: cluster.uid, state, flags },
    cause: cause && maskSecrets(`${cause.from}: ${cause.message}`),
  };
}

function failure(
  message: string,
  { one, state = null, cause = null }: Waiting,
  reason: 'failed' | 'timeout',
  contexts: readonly string[],
): FindingsError {
  const { namespace, name } = one;
  const inContexts = contexts.map((word) => ` --context ${word}`).join('');
  const advice =
    state === null
      ? `Check the name: kgit status -n ${namespace}${inContexts} shows what is there`
      : `kgit status ${namespace}/${name} --explain${inContexts} tells more`;
  return new FindingsError(message, {
    suggestions: [advice],
    data: { subject: formatSubject(one), state, cause, reason },
  });
}

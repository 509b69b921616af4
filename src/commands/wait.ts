import { Flags } from '@oclif/core';
import type { Context } from '../cli/base/base-command.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { ClusterError, errorFromJson, FindingsError, UsageError } from '../errors.js';
import { causeOf } from '../k0rdent/cluster/cluster-detail.js';
import { CLUSTER_STATES, clusterStatus } from '../k0rdent/cluster/cluster-state.js';
import { readDeletion } from '../k0rdent/cluster/deletion.js';
import { explainConditions } from '../k0rdent/cluster/explanation.js';
import { readServiceDetails } from '../k0rdent/cluster/service-details.js';
import { isPassing, isPassingOnceWorked } from '../k0rdent/kubectl/cluster-failure.js';
import type { KeptObject } from '../k0rdent/observe/observation.js';
import { observe } from '../k0rdent/observe/observe.js';
import { RestartGrace } from '../k0rdent/watch/restart-grace.js';
import { judge, parseGoal, type Seen, type WaitGoal } from '../k0rdent/watch/wait-verdict.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import { type ClusterSubject, formatSubject } from '../model/subject/subject.js';
import { formatAge, parseDuration } from '../model/value/time.js';
import type { CommandResult } from '../terminal/output.js';

const TIMEOUT = '45m';
/** Longest that one question may take, in ms. */
const ASK_MS = 30_000;
/** However little of the time to wait is left: one look is made in any case, and takes a moment. */
const ASK_LEAST_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

interface Look {
  readonly seen: Seen | null;
  /** What explains its state; null where nothing does. */
  readonly cause: string | null;
}

type Looks = ReadonlyMap<string, Look>;

/** A cluster that is waited for: how it was at first, and what was last said of it. */
interface Waiting extends Partial<Pick<Look, 'cause'>> {
  readonly one: ClusterSubject;
  readonly first: Seen | null;
  readonly said: string;
  readonly state?: string | null;
}

interface Reached {
  readonly subject: string;
  /** Null: gone. */
  readonly state: string | null;
  readonly seconds: number;
}

export default class Wait extends ClusterCommand<typeof Wait> {
  static override summary = 'Wait until clusters are ready, deleted, or in a state.';
  static override description = helpText(
    ClusterCommand,
    `Asks k0rdent again and again. It ends with 0 once every cluster is as wanted; with 3 and the cause when one has failed, when one is gone or being deleted although it should not be, or at the --timeout (${TIMEOUT}); with 17 when the clusters cannot be asked: at once where only you can mend it, at the --timeout otherwise. A cluster that is not there yet is waited for. A failure that speaks of an older spec does not count.`,
  );
  static override examples = [
    '<%= config.bin %> wait team-a/prod-eu-1 --for ready --timeout 45m',
    '<%= config.bin %> wait team-a/prod-eu-1 --for deleted',
    '<%= config.bin %> wait prod-eu-1 prod-eu-2 --for ready --context eu-hub',
  ];
  static override strict = false;
  static override usage = 'wait [[MGMT/]NS/]NAME… --for ready|deleted|STATE [FLAGS]';
  static override flags = {
    for: Flags.string({
      required: true,
      helpValue: 'ready|deleted|STATE',
      summary: `What to wait for; a STATE is one of ${CLUSTER_STATES.join(', ')}.`,
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const goal = this.#goal();
    if (this.words.length === 0)
      throw new UsageError('nothing to wait for', { suggestions: ['Name a cluster: [[MGMT/]NS/]NAME'] });
    const limit = parseDuration(this.flags.timeout ?? TIMEOUT);
    const context = await this.open('default');
    const named = await Promise.all(this.words.map((word) => this.namedCluster(context, word)));
    const all = [
      ...new Map(named.map((one) => [formatSubject(one), { one, first: null, said: '' }])).values(),
    ];
    const began = this.now();
    const reached: Reached[] = [];
    let waiting: readonly Waiting[] = all;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const looks = await this.#lookPatiently(context, waiting, began + limit);
      const left: Waiting[] = [];
      for (const item of waiting) {
        const subject = formatSubject(item.one);
        const { seen, cause } = looks.get(subject) ?? { seen: null, cause: null };
        const first = item.first ?? seen;
        const state = seen?.state ?? null;
        const said = `${subject}: ${state ?? 'not there'}${cause ? `, ${cause}` : ''}`;
        const verdict = judge(goal, first, seen);
        if (verdict === 'failed')
          throw this.#failure(`${said}; waited for ${goal}`, item.one, state, cause, 'failed');
        if (verdict === 'reached') reached.push({ subject, state, seconds: this.#seconds(began) });
        else left.push({ one: item.one, first, said, state, cause });
        if (said !== item.said && (verdict === 'waiting' || waiting.length > 1)) this.note(said);
      }
      const [slow] = left;
      if (slow === undefined) return this.#result(goal, reached, this.now() - began);
      if (this.now() + pause > began + limit) {
        const words = `not ${goal} after ${formatAge(limit)}: ${left.map(({ said }) => said).join('; ')}`;
        throw this.#failure(words, slow.one, slow.state ?? null, slow.cause ?? null, 'timeout');
      }
      waiting = left;
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }

  #seconds(began: number): number {
    return Math.round((this.now() - began) / 1000);
  }

  #goal(): WaitGoal {
    const text = this.flags.for;
    const goal = parseGoal(text);
    if (goal !== undefined) return goal;
    throw new UsageError(`--for ${JSON.stringify(text.slice(0, 40))} is nothing that can be waited for`, {
      suggestions: [`Take ready, deleted, or of: ${CLUSTER_STATES.join(', ')}`],
    });
  }

  #hasAnswered = false;

  /** Looks, and again while a failure passes: until the time is up. Throws ClusterError. */
  async #lookPatiently(context: Context, waiting: readonly Waiting[], until: number): Promise<Looks> {
    let told: unknown = null;
    const grace = new RestartGrace();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      try {
        const left = Math.max(until - this.now(), ASK_LEAST_MS);
        const looks = await this.#look(context, waiting, Math.min(left, ASK_MS));
        if (told !== null) this.note('the cluster answers again');
        this.#hasAnswered = true;
        return looks;
      } catch (error) {
        const passes = this.#hasAnswered ? isPassingOnceWorked : isPassing;
        if (!(error instanceof ClusterError) || this.now() + pause > until) throw error;
        if (!grace.mayPass(error, passes(error), this.now())) throw error;
        // Once for each cause: a server that is away for an hour fails hundreds of times.
        if (error.data['cause'] !== told)
          this.note(`the cluster cannot be asked, kgit keeps trying: ${error.message}`);
        told = error.data['cause'];
        await new Promise((wake) => setTimeout(wake, pause));
      }
    }
  }

  /** One list for each namespace, however many clusters of it are waited for. */
  async #look(context: Context, waiting: readonly Waiting[], askMs: number): Promise<Looks> {
    const looks = new Map<string, Look>();
    for (const namespace of new Set(waiting.map(({ one }) => one.namespace))) {
      const wanted = waiting.flatMap(({ one }) => (one.namespace === namespace ? [one] : []));
      const [only] = wanted.length === 1 ? wanted : [];
      const options = this.observeOptions(context, [], { namespace, name: only?.name });
      const keeps = (_: string, name: string) => wanted.some((one) => one.name === name);
      const { contexts, objects } = await observe({ ...options, keeps, kubectl: this.kubectl(askMs) });
      const failed = contexts.find(({ error }) => error !== null)?.error;
      for (const subject of wanted.map(formatSubject)) {
        const kept = objects.get(subject);
        if (!kept && failed) throw errorFromJson(failed);
        if (kept) looks.set(subject, lookOf(kept, new Date(this.now())));
      }
    }
    return looks;
  }

  #result(goal: WaitGoal, reached: readonly Reached[], ms: number): CommandResult {
    const [first] = reached;
    const one = reached.length === 1 ? { subject: first?.subject, state: first?.state } : {};
    return {
      json: { ...one, for: goal, seconds: Math.round(ms / 1000), clusters: reached },
      rows: reached,
      names: reached.map(({ subject }) => subject),
      lines: ({ style }) =>
        reached.map(
          ({ subject, state, seconds }) =>
            `${style('green', '✓')} ${subject} is ${state ?? 'gone'}, after ${formatAge(seconds * 1000)}`,
        ),
    };
  }

  #failure(
    message: string,
    one: ClusterSubject,
    state: string | null,
    cause: string | null,
    reason: 'failed' | 'timeout',
  ): FindingsError {
    const { namespace, name } = one;
    const contexts = (this.flags.context ?? []).map((word) => ` --context ${word}`);
    const advice =
      state === null
        ? `Check the name: kgit status -n ${namespace}${contexts.join('')} shows what is there`
        : `kgit status ${namespace}/${name} --explain${contexts.join('')} tells more`;
    return new FindingsError(message, {
      suggestions: [advice],
      data: { subject: formatSubject(one), state, cause, reason },
    });
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

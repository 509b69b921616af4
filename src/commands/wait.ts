import { Args, Flags } from '@oclif/core';
import { type Context, helpText } from '../base-command.js';
import type { CommandResult } from '../cli/output.js';
import { formatAge, parseDuration } from '../cli/time.js';
import { ClusterCommand } from '../cluster-command.js';
import { ClusterError, FindingsError, UsageError } from '../errors.js';
import { causeOf } from '../k0rdent/cluster-detail.js';
import { isPassing } from '../k0rdent/cluster-failure.js';
import { CLUSTER_STATES, clusterStatus } from '../k0rdent/cluster-state.js';
import { readDeletion } from '../k0rdent/deletion.js';
import { explainConditions } from '../k0rdent/explanation.js';
import type { KeptObject } from '../k0rdent/observation.js';
import { observe } from '../k0rdent/observe.js';
import { readServiceDetails } from '../k0rdent/service-details.js';
import { judge, parseGoal, type Seen, type WaitGoal } from '../k0rdent/wait-verdict.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import { type ClusterSubject, formatSubject } from '../model/subject.js';

const TIMEOUT = '45m';
/** Longest that one question may take, in ms. */
const ASK_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A cluster that cannot be asked so many times in a row is not waited for any longer. */
const FAILURES = 5;

interface Look {
  readonly seen: Seen | null;
  /** What explains its state; null where nothing does. */
  readonly cause: string | null;
}

export default class Wait extends ClusterCommand {
  static override summary = 'Wait until a cluster is ready, deleted, or in a state.';
  static override description = helpText(
    `Asks k0rdent again and again. It ends with 0 once the cluster is as wanted; with 3 and the cause when it has failed, when it is gone or being deleted although it should not be, or at the --timeout (${TIMEOUT}); with 17 when the cluster cannot be asked: at once where only you can mend it, after ${FAILURES} times in a row otherwise. A cluster that is not there yet is waited for. A failure that speaks of an older spec does not count.`,
    'USAGE',
    'FINDINGS',
    'NO_REPO',
    'CLUSTER',
  );
  static override examples = [
    '<%= config.bin %> wait team-a/prod-eu-1 --for ready --timeout 45m',
    '<%= config.bin %> wait team-a/prod-eu-1 --for deleted',
  ];
  static override args = {
    subject: Args.string({ required: true, description: 'The cluster: [[MGMT/]NS/]NAME.' }),
  };
  static override flags = {
    for: Flags.string({
      required: true,
      helpValue: 'ready|deleted|STATE',
      summary: `What to wait for; a STATE is one of ${CLUSTER_STATES.join(', ')}.`,
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const goal = this.#goal();
    const given = this.flags.timeout;
    const context = await this.open('default');
    const one = await this.namedCluster(context, this.args['subject'] ?? '');
    const began = this.now();
    const until = began + parseDuration(given ?? TIMEOUT);
    let first: Seen | null = null;
    let said = '';
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const { seen, cause } = await this.#lookPatiently(context, one, until);
      first ??= seen;
      const state = seen?.state ?? null;
      const verdict = judge(goal, first, seen);
      const line = `${formatSubject(one)}: ${state ?? 'not there'}${cause ? `, ${cause}` : ''}`;
      if (verdict === 'reached') return this.#result(one, goal, state, this.now() - began);
      if (verdict === 'failed')
        throw this.#failure(`${line}; waited for ${goal}`, one, state, cause, 'failed');
      if (this.now() + pause > until)
        throw this.#failure(`not ${goal} after ${given ?? TIMEOUT}: ${line}`, one, state, cause, 'timeout');
      if (line !== said) this.note(line);
      said = line;
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }

  #goal(): WaitGoal {
    const text = this.flags['for'] as string;
    const goal = parseGoal(text);
    if (goal !== undefined) return goal;
    throw new UsageError(`--for ${JSON.stringify(text.slice(0, 40))} is nothing that can be waited for`, {
      suggestions: [`Take ready, deleted, or of: ${CLUSTER_STATES.join(', ')}`],
    });
  }

  /** Looks once, and again where the cluster fails for a moment. Throws ClusterError. */
  async #lookPatiently(context: Context, one: ClusterSubject, until: number): Promise<Look> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#look(context, one);
      } catch (error) {
        if (!(error instanceof ClusterError) || !isPassing(error)) throw error;
        if (failures === FAILURES || this.now() + FIRST_PAUSE_MS > until) throw error;
        this.note(`asked in vain: ${error.message}`);
        await new Promise((wake) => setTimeout(wake, FIRST_PAUSE_MS * failures));
      }
    }
  }

  async #look(context: Context, one: ClusterSubject): Promise<Look> {
    const { namespace, name } = one;
    const options = this.observeOptions(context, [], { namespace, name });
    const kubectl = this.kubectl(ASK_MS);
    const observation = await observe({ ...options, kubectl });
    const failed = observation.contexts.find(({ error }) => error !== null);
    const kept = observation.objects.get(formatSubject(one));
    if (!kept && failed?.error) throw new ClusterError(failed.error.message, failed.error);
    return kept ? lookOf(kept, new Date(this.now())) : { seen: null, cause: null };
  }

  #result(one: ClusterSubject, goal: WaitGoal, state: string | null, ms: number): CommandResult {
    const subject = formatSubject(one);
    return {
      json: { subject, for: goal, state, seconds: Math.round(ms / 1000) },
      names: [subject],
      lines: ({ style }) => [
        `${style('green', '✓')} ${subject} is ${state ?? 'gone'}, after ${formatAge(ms)}`,
      ],
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
    return new FindingsError(message, {
      suggestions: [`kgit status ${namespace}/${name} --explain tells more`],
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

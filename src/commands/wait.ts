import { Flags } from '@oclif/core';
import { type Reached, waitFor } from '../app/observe/wait-for.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { UsageError } from '../errors.js';
import { CLUSTER_STATES } from '../k0rdent/cluster/cluster-state.js';
import { parseGoal, type WaitGoal } from '../k0rdent/watch/wait-verdict.js';
import { formatAge, parseDuration } from '../model/value/time.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

const TIMEOUT = '45m';

export default class Wait extends ClusterCommand<typeof Wait> {
  static override summary = 'Wait until clusters are ready, deleted, or in a state.';
  static override description = helpText(
    ClusterCommand,
    `Queries k0rdent until every cluster is as requested, then exits with 0. It exits with 3 and names the cause when a cluster has failed, when one is unexpectedly gone or being deleted, or when --timeout (${TIMEOUT}) runs out. It exits with 17 when the clusters cannot be queried: at once if only you can fix it, otherwise when --timeout runs out. It also waits for clusters that do not exist yet. A failure that refers to an older spec is ignored.`,
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
    const goal = parseGoal(this.flags.for);
    if (goal === undefined)
      throw new UsageError(
        `--for ${JSON.stringify(this.flags.for.slice(0, 40))} is not a state to wait for`,
        { suggestions: [`Use ready, deleted, or one of: ${CLUSTER_STATES.join(', ')}`] },
      );
    if (this.words.length === 0)
      throw new UsageError('nothing to wait for', { suggestions: ['Name a cluster: [[MGMT/]NS/]NAME'] });
    const limit = parseDuration(this.flags.timeout ?? TIMEOUT);
    const context = await this.open('default');
    const clusters = await Promise.all(this.words.map((word) => this.namedCluster(context, word)));
    const observer = this.observer(context);
    const began = this.now();
    const reached = await waitFor(clusters, {
      goal,
      limit,
      contexts: this.flags.context ?? [],
      clock: systemClock,
      look: (wanted, namespace, timeout) => observer.look(wanted, namespace, timeout),
      note: (message) => this.note(message),
    });
    return waited(goal, reached, this.now() - began);
  }
}

function waited(goal: WaitGoal, reached: readonly Reached[], ms: number): CommandResult {
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

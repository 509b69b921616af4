import { Args } from '@oclif/core';
import type { Observer } from '../app/observe/observer.js';
import { lookAtClusters, reportStatus, type StatusQuery } from '../app/observe/report-status.js';
import { watchClusters } from '../app/observe/watch-clusters.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { failing, needsHealth, parseFailOn } from '../cli/flags/fail-on.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { checkedNamespace, refuseConflicts, STATUS_FLAGS } from '../cli/flags/status-flags.js';
import { liveStatus, statusLinesView, watchEnd } from '../cli/render/live/status-watch.js';
import { offlineResult } from '../cli/render/status/offline-status.js';
import { parseStates } from '../cli/render/status/state-words.js';
import { downResult, unlistedNote } from '../cli/render/status/status-metrics.js';
import { type StatusView, statusResult } from '../cli/render/status/status-result.js';
import { stoppedFromOutside } from '../process/stopped-from-outside.js';
import type { CommandResult } from '../terminal/output.js';
import { standardOutput } from '../terminal/standard-streams.js';

/** Maximum number of recorded events, and of the cluster's own, in the time line of one cluster. */
const TIME_LINE = 15;

export default class Status extends ClusterCommand<typeof Status> {
  static override summary = 'Show what k0rdent reports about the clusters, beside what is recorded.';
  static override description = helpText(
    ClusterCommand,
    `Queries k0rdent through kubectl for every cluster that you may read, adds the last recorded event, and shows where the two diverge: untracked (live, no event), vanished (recorded, not live), lingering (recorded as deleted, still live), drifted (the live spec differs from what was recorded), template-changed (so does its template). For one cluster it explains the state: conditions with the cause first, services, upgrades, what blocks a deletion, and the events of Kubernetes and of kgit on one timeline. The first look at a management cluster notes its identity in kgit.yaml and says so (--no-learn does not), as does a look by somebody who may read more of it; from the next look on, a recorded cluster that is missing there counts as vanished. With --watch it keeps running and reports each change of a state once, across lost connections; with --record each change becomes an event, including changes that were missed and that the objects prove.`,
    'NOT_FOUND',
    'INTERRUPTED',
  );
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status cluster/team-a/prod-eu-1 --explain',
    '<%= config.bin %> status -n team-a -l env=prod -o wide',
    '<%= config.bin %> status --context eu-hub --context us-hub',
    '<%= config.bin %> status --fail-on failed,divergence',
    '<%= config.bin %> status -o prometheus',
    '<%= config.bin %> status --watch --record -o jsonl',
  ];
  static override args = { subject: Args.string({ description: 'One cluster: [[MGMT/]NS/]NAME.' }) };
  static override flags = {
    output: outputFlag('prometheus'),
    ...STATUS_FLAGS,
  };

  protected async execute(): Promise<CommandResult> {
    const { 'fail-on': failOn, state, explain, offline, selector, watch } = this.flags;
    const words = parseFailOn(failOn ?? []);
    const states = await parseStates(state);
    const name = this.args.subject;
    refuseConflicts(this.flags, { isOne: name !== undefined, format: this.format });
    const context = await this.openFetched('try');
    const one = name === undefined ? null : await this.namedCluster(context, name);
    const namespace = one?.namespace ?? checkedNamespace(this.flags.namespace);
    const view: StatusView = {
      states,
      sortBy: this.flags['sort-by'],
      labels: (this.flags['label-columns'] ?? []).flatMap((text) => text.split(',')).filter(Boolean),
      isNarrowed: this.flags.namespace !== undefined || one !== null,
      footer: this.repositoryLine(context),
      now: this.now(),
    };
    const observer = this.observer(context);
    if (offline) {
      this.note('not live: no cluster was asked, this is what is recorded');
      return offlineResult(await observer.records(one), namespace, view);
    }
    const query = { one, namespace, selector, health: !watch && (!one || needsHealth(words)) };
    if (watch) return this.#watch(observer, query, view);
    const explanation = { limit: TIME_LINE, withParts: explain === true };
    const reported = await reportStatus(observer, query, explanation).catch((error) => this.#down(error));
    if ('lines' in reported) return reported;
    const { report, explained } = reported;
    const unlisted = this.format === 'prometheus' ? unlistedNote(report) : null;
    if (unlisted !== null) this.note(unlisted);
    const found = failing(words, report);
    if (found.length > 0) this.note(`--fail-on: ${found.join(', ')}`);
    return statusResult(report, { ...view, now: this.now() }, explained, found.length > 0);
  }

  #down(error: unknown): CommandResult {
    return downResult(error, this.format, this.flags.context, (text) => this.note(text));
  }

  /** Shows the current clusters, then each transition, until a signal ends the watch. */
  async #watch(observer: Observer, query: StatusQuery, view: StatusView): Promise<CommandResult> {
    const stop = stoppedFromOutside();
    const { one, ...wanted } = query;
    const look = await lookAtClusters(observer, query, stop.signal).catch((error) => this.#down(error));
    if ('lines' in look) return look;
    const { records: recorded, observation } = look;
    const { format, environment, notes } = this;
    const [screen, now, note] = [() => this.screen, () => this.now(), (text: string) => this.note(text)];
    const live = liveStatus(view, { format, environment, notes, screen, now, stdout: standardOutput.open() });
    const print = (result: CommandResult) => this.print(result);
    const failing = await watchClusters(observer, observation, {
      wanted: { ...wanted, name: one?.name },
      recorded,
      one,
      records: this.flags.record === true,
      broken: this.skipped,
      view: live ?? statusLinesView(view, recorded, { now, print, note }),
      stop,
    }).finally(() => live?.end());
    return watchEnd(stop.signal.reason, failing, note);
  }
}

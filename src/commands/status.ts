import { Args } from '@oclif/core';
import type { Observer, Wanted } from '../app/observe/observer.js';
import { type WatchView, watchClusters } from '../app/observe/watch-clusters.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { failing, needsHealth, parseFailOn } from '../cli/flags/fail-on.js';
import { sortedBy } from '../cli/flags/list-options.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { STATUS_FLAGS } from '../cli/flags/status-flags.js';
import { LiveView } from '../cli/render/live/live-view.js';
import { linesView } from '../cli/render/live/watch-view.js';
import { offlineResult } from '../cli/render/status/offline-status.js';
import { onlyInStates, sortedClusters } from '../cli/render/status/sorted-clusters.js';
import { parseStates } from '../cli/render/status/state-words.js';
import { downMetrics, MOST_SERIES, withoutSeries } from '../cli/render/status/status-metrics.js';
import { type StatusView, statusResult } from '../cli/render/status/status-result.js';
import { beginRows } from '../cli/render/status/transition-lines.js';
import { ClusterError, EXIT_CODES, UsageError } from '../errors.js';
import { ofManagement } from '../k0rdent/management/of-management.js';
import type { Observation } from '../k0rdent/observe/observation.js';
import { buildStatus } from '../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../model/event/event.js';
import { type ClusterSubject, formatSubject, isLabel } from '../model/subject/subject.js';
import { READER_GONE, stoppedFromOutside } from '../process/stopped-from-outside.js';
import { isCi } from '../setup/trust.js';
import type { ClusterRecord } from '../store/read/cluster-records.js';
import type { CommandResult } from '../terminal/output.js';

/** Maximum number of recorded events, and of the cluster's own, in the time line of one cluster. */
const TIME_LINE = 15;

export default class Status extends ClusterCommand<typeof Status> {
  static override summary = 'Show what k0rdent reports about the clusters, beside what is recorded.';
  static override description = helpText(
    ClusterCommand,
    `Asks k0rdent through kubectl for every cluster that you may read, joins the last recorded event and shows where the two diverge: untracked (live, no event), vanished (recorded, not live), lingering (recorded as deleted, still live), drifted (the live spec is not what was recorded), template-changed (nor is its template). Of one cluster it shows why it is as it is: conditions with the cause on top, services, upgrades, where a deletion hangs, and the events of Kubernetes and of kgit on one time line. The first look at a management cluster notes its identity in kgit.yaml and says so (--no-learn does not), as does a look by somebody who may read more of it; from the next look on, a recorded cluster that is missing there counts as vanished. With --watch it goes on and tells each change of a state once, over lost connections; with --record each becomes an event, also one that the objects prove to have been missed.`,
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
    const { 'fail-on': failOn, state, explain, offline, selector } = this.flags;
    const words = parseFailOn(failOn ?? []);
    const states = await parseStates(state);
    this.#refuse(states !== null);
    const context = await this.openFetched('try');
    const name = this.args.subject;
    const one = name === undefined ? null : await this.namedCluster(context, name);
    const namespace = one?.namespace ?? this.#namespace();
    const view: StatusView = {
      states,
      sortBy: this.flags['sort-by'],
      labels: (this.flags['label-columns'] ?? []).flatMap((text) => text.split(',')).filter(Boolean),
      isNarrowed: this.flags.namespace !== undefined || name !== undefined,
      footer: this.repositoryLine(context),
      now: this.now(),
    };
    const observer = this.observer(context);
    const records = await observer.records(one);
    if (offline) return this.#offline(records, namespace, view);
    const stop = this.flags.watch ? stoppedFromOutside() : undefined;
    const wanted = { namespace, name: one?.name, selector, health: !stop && (!one || needsHealth(words)) };
    const asked = observer.observe(records, wanted, stop?.signal);
    const seen = await asked.catch((error: unknown) => this.#down(error));
    if ('lines' in seen) return seen;
    const observation = ofManagement(seen, one);
    if (stop) return this.#watch(observer, observation, records, { wanted, one, stop, view });
    const report = buildStatus<KgitEvent>(observation, records);
    if (this.format === 'prometheus') this.#noteUnlisted(report);
    const kept = one && observation.objects.get(formatSubject(one));
    // A cluster that is neither live nor recorded is a mistake, unless one of several contexts could not be queried.
    const isUnknown =
      records.every(({ lastEvent }) => lastEvent === null) && report.contexts.every(({ error }) => !error);
    if (one && !kept && isUnknown) throw await observer.notKnown(one);
    const explained = one && kept ? await observer.explain(one, kept, TIME_LINE, explain === true) : null;
    const found = failing(words, report);
    if (found.length > 0) this.note(`--fail-on: ${found.join(', ')}`);
    return statusResult(report, { ...view, now: this.now() }, explained, found.length > 0);
  }

  /** Throws UsageError for conflicting flags. */
  #refuse(hasStates: boolean): void {
    const isOne = this.args.subject !== undefined;
    if (hasStates && (isOne || this.format === 'prometheus'))
      throw new UsageError('--state is of the list: leave the name and -o prometheus out');
    if (this.flags.explain && !isOne)
      throw new UsageError('--explain is of one cluster', {
        suggestions: ['Name it: kgit status NAME --explain'],
      });
    if (this.flags.watch && !['text', 'wide', 'jsonl'].includes(this.format))
      throw new UsageError('--watch goes on, so that only lines can be printed: take -o text or -o jsonl');
    if (this.flags.offline && this.format === 'prometheus')
      throw new UsageError('metrics tell what is live: leave --offline or -o prometheus out');
  }

  #namespace(): string | undefined {
    const { namespace } = this.flags;
    if (namespace === undefined || isLabel(namespace)) return namespace;
    throw new UsageError(`--namespace ${JSON.stringify(namespace.slice(0, 80))} is not a DNS-1123 label`);
  }

  /**
   * Returns the metrics if no context could be queried. For other formats, throws the error, with the advice to use
   * --offline.
   */
  #down(error: unknown): CommandResult {
    if (!(error instanceof ClusterError)) throw error;
    if (this.format !== 'prometheus') throw alsoOffline(error);
    this.note(error.message);
    const contexts = this.flags.context ?? [String(error.data['context'] ?? '')];
    const others = { prometheus: () => downMetrics([...new Set(contexts)]) };
    return { json: {}, lines: () => [], others, exitCode: EXIT_CODES.CLUSTER };
  }

  #noteUnlisted(report: Parameters<typeof withoutSeries>[0]): void {
    const unlisted = withoutSeries(report);
    if (unlisted === 0) return;
    this.note(
      `kgit_cluster_not_ready lists the worst ${MOST_SERIES} clusters; ${unlisted} more are only counted`,
    );
  }

  /** Shows the current clusters, then each transition, until a signal ends the watch. */
  async #watch(
    observer: Observer,
    first: Observation,
    recorded: readonly ClusterRecord[],
    asked: { wanted: Wanted; one: ClusterSubject | null; stop: AbortController; view: StatusView },
  ): Promise<CommandResult> {
    const { wanted, one, stop } = asked;
    const live = this.#liveView(asked.view);
    const failing = await watchClusters(observer, first, {
      wanted,
      recorded,
      one,
      records: this.flags.record === true,
      broken: this.skipped,
      view: live ?? this.#linesView(recorded, asked.view),
      stop,
    }).finally(() => live?.end());
    const rest = { json: {}, rows: [], lines: () => [] };
    if (stop.signal.reason === READER_GONE) return rest;
    for (const error of failing.values()) this.note(`not watched in the end: ${error.message}`);
    return { ...rest, exitCode: failing.size > 0 ? EXIT_CODES.CLUSTER : EXIT_CODES.INTERRUPTED };
  }

  /** Creates a live table if the output is a terminal that can show one and somebody is watching; else null. */
  #liveView({ states, sortBy, labels }: StatusView): LiveView | null {
    const isForPeople = this.format === 'text' || this.format === 'wide';
    const isDumb = this.environment['TERM'] === 'dumb' || isCi(this.environment);
    if (!isForPeople || !process.stdout.isTTY || isDumb) return null;
    return new LiveView({
      stdout: process.stdout,
      notes: this.notes,
      labels,
      wide: this.format === 'wide',
      screen: () => this.screen,
      now: () => this.now(),
      arranged: (clusters) =>
        sortedClusters(onlyInStates({ clusters, divergence: [] }, states).clusters, sortBy).forPeople,
    });
  }

  #linesView(recorded: readonly ClusterRecord[], view: StatusView): WatchView {
    const { states } = view;
    return linesView({
      now: () => this.now(),
      print: (result) => this.print(result),
      note: (text) => this.note(text),
      wants: (state) => states === null || (state !== null && states.has(state)),
      begin: (observation) => {
        const report = buildStatus<KgitEvent>(observation, recorded);
        const now = this.now();
        const rows = beginRows({ ...observation, ...onlyInStates(report, states) }, now);
        return this.print({ ...statusResult(report, { ...view, now }), rows });
      },
    });
  }

  #offline(
    records: readonly ClusterRecord[],
    namespace: string | undefined,
    { sortBy, footer, now }: StatusView,
  ): CommandResult {
    this.note('not live: no cluster was asked, this is what is recorded');
    const shown = records.filter(({ subject }) => namespace === undefined || subject.namespace === namespace);
    const sorted = sortedBy(shown, sortBy, ({ subject, lifecycle, lastEvent }) => ({
      ...subject,
      recorded: lifecycle,
      lastEvent,
    }));
    return offlineResult(sorted, footer, now);
  }
}

/** Adds the advice to use --offline to an error. */
function alsoOffline(error: ClusterError): ClusterError {
  const suggestions = [...error.suggestions, '`kgit status --offline` shows what is recorded'];
  return new ClusterError(error.message, { suggestions, data: error.data, cause: error });
}

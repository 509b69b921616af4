import { Args } from '@oclif/core';
import { missedSince } from '../app/observe/recorded-states.js';
import type { Context } from '../cli/base/base-command.js';
import {
  ClusterCommand,
  type ExplainedCluster,
  explainedJson,
  type Wanted,
} from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { failing, needsHealth, parseFailOn } from '../cli/flags/fail-on.js';
import { sortedBy } from '../cli/flags/list-options.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { STATUS_FLAGS } from '../cli/flags/status-flags.js';
import { LiveView } from '../cli/render/live/live-view.js';
import { linesView, type WatchView } from '../cli/render/live/watch-view.js';
import { clusterLines } from '../cli/render/status/cluster-lines.js';
import { offlineResult } from '../cli/render/status/offline-status.js';
import { onlyInStates, sortedClusters } from '../cli/render/status/sorted-clusters.js';
import { parseStates } from '../cli/render/status/state-words.js';
import { contextLines, divergenceLines, statusLines } from '../cli/render/status/status-lines.js';
import {
  downMetrics,
  MOST_SERIES,
  statusMetrics,
  withoutSeries,
} from '../cli/render/status/status-metrics.js';
import { beginRows } from '../cli/render/status/transition-lines.js';
import { watchStatus } from '../cli/render/status/watch-status.js';
import { ClusterError, EXIT_CODES, UsageError } from '../errors.js';
import type { ClusterState } from '../k0rdent/cluster/cluster-state.js';
import { ofManagement } from '../k0rdent/management/of-management.js';
import { type Observation, subjectOf, type Watchable } from '../k0rdent/observe/observation.js';
import { buildStatus } from '../k0rdent/observe/status-report.js';
import type { Missed } from '../k0rdent/watch/missed-transitions.js';
import type { KgitEvent } from '../model/event/event.js';
import { titleOf } from '../model/operation/operation.js';
import { type ClusterSubject, formatSubject, isLabel } from '../model/subject/subject.js';
import { READER_GONE, stoppedFromOutside } from '../process/stopped-from-outside.js';
import { isCi } from '../setup/trust.js';
import { type ClusterRecord, readClusters } from '../store/read/cluster-records.js';
import type { CommandResult } from '../terminal/output.js';

type Report = ReturnType<typeof buildStatus<KgitEvent>>;

/** How many events of either side the time line of one cluster shows. */
const TIME_LINE = 15;

export default class Status extends ClusterCommand<typeof Status> {
  static override summary = 'What k0rdent says of the clusters now, beside what is recorded.';
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

  /** The states that are asked for; null: all. */
  #states: ReadonlySet<ClusterState> | null = null;

  protected async execute(): Promise<CommandResult> {
    const words = parseFailOn(this.flags['fail-on'] ?? []);
    this.#states = await parseStates(this.flags.state);
    const name = this.args.subject;
    if (this.#states && (name !== undefined || this.format === 'prometheus'))
      throw new UsageError('--state is of the list: leave the name and -o prometheus out');
    if (this.flags.explain && name === undefined)
      throw new UsageError('--explain is of one cluster', {
        suggestions: ['Name it: kgit status NAME --explain'],
      });
    if (this.flags.watch && !['text', 'wide', 'jsonl'].includes(this.format))
      throw new UsageError('--watch goes on, so that only lines can be printed: take -o text or -o jsonl');
    const context = await this.openFetched('try');
    const one = name === undefined ? null : await this.namedCluster(context, name);
    const namespace = one?.namespace ?? this.#namespace();
    const records = (await readClusters(context.reading.view, this.skipped)).filter(
      ({ subject }) => !one || formatSubject(subject) === formatSubject(one),
    );
    if (this.flags.offline && this.format === 'prometheus')
      throw new UsageError('metrics tell what is live: leave --offline or -o prometheus out');
    if (this.flags.offline) return this.#offline(context, records, namespace);
    const selector = this.flags.selector;
    const stop = this.flags.watch ? stoppedFromOutside() : undefined;
    const wanted = { namespace, name: one?.name, selector, health: !stop && (!one || needsHealth(words)) };
    const asked = this.observe(context, records, wanted, stop?.signal);
    if (this.format === 'prometheus') {
      const down = await asked.then(
        () => null,
        (error: unknown) => this.#down(error),
      );
      if (down !== null) return down;
    }
    const seen = await asked.catch(alsoOffline);
    const observation = ofManagement(seen, one);
    if (stop) return this.#watch(context, observation, records, { wanted, one, stop });
    const report = buildStatus<KgitEvent>(observation, records);
    const unlisted = this.format === 'prometheus' ? withoutSeries(report) : 0;
    if (unlisted > 0)
      this.note(
        `kgit_cluster_not_ready lists the worst ${MOST_SERIES} clusters; ${unlisted} more are only counted`,
      );
    const kept = one && observation.objects.get(formatSubject(one));
    if (one && !kept && this.#isUnknown(records, report)) throw await this.notKnown(context, one);
    const explained = one && kept ? await this.explained(context, one, kept, TIME_LINE) : null;
    return this.#result(context, report, words, explained);
  }

  /** The metrics where no context could be asked. */
  #down(error: unknown): CommandResult {
    if (!(error instanceof ClusterError)) throw error;
    this.note(error.message);
    const contexts = this.flags.context ?? [String(error.data['context'] ?? '')];
    const others = { prometheus: () => downMetrics([...new Set(contexts)]) };
    return { json: {}, lines: () => [], others, exitCode: EXIT_CODES.CLUSTER };
  }

  /** A cluster that is neither live nor recorded is a mistake, unless one of several contexts could not be asked. */
  #isUnknown(records: readonly ClusterRecord[], { contexts }: Report): boolean {
    return records.every(({ lastEvent }) => lastEvent === null) && contexts.every(({ error }) => !error);
  }

  #namespace(): string | undefined {
    const namespace = this.flags.namespace;
    if (namespace === undefined || isLabel(namespace)) return namespace;
    throw new UsageError(`--namespace ${JSON.stringify(namespace.slice(0, 80))} is not a DNS-1123 label`);
  }

  #result(
    context: Context,
    report: Report,
    words: readonly string[],
    explained: ExplainedCluster | null,
  ): CommandResult {
    const { contexts } = report;
    const { clusters, divergence } = onlyInStates(report, this.#states);
    const sorted = sortedClusters(clusters, this.flags['sort-by']);
    const found = failing(words, report);
    const failed = contexts.some(({ error }) => error !== null);
    if (found.length > 0) this.note(`--fail-on: ${found.join(', ')}`);
    const exitCode = failed ? EXIT_CODES.CLUSTER : found.length > 0 ? EXIT_CODES.FINDINGS : undefined;
    const isNarrowed = this.flags.namespace !== undefined || this.args.subject !== undefined;
    const picture = {
      ...{
        contexts,
        clusters: sorted.forPeople,
        divergence,
        now: this.now(),
        labels: this.#labels(),
        total: report.clusters.length,
        footer: this.repositoryLine(context),
        isNarrowed,
      },
    };
    const [cluster] = clusters;
    return {
      json: { contexts, clusters: sorted.rows, divergence, ...(explained && explainedJson(explained)) },
      rows: sorted.rows,
      names: sorted.rows.map(subjectOf),
      others: { prometheus: () => statusMetrics(report) },
      lines: (screen, wide) =>
        cluster && explained
          ? [
              ...clusterLines(
                { subject: subjectOf(cluster), cluster, ...explained, recorded: null, now: this.now() },
                screen,
                wide,
              ),
              ...divergenceLines(picture, screen, wide),
              ...contextLines(picture, screen),
              '',
              screen.style('dim', picture.footer),
            ]
          : statusLines(picture, screen, wide),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }

  #labels(): string[] {
    const texts = this.flags['label-columns'] ?? [];
    return texts.flatMap((text) => text.split(',')).filter(Boolean);
  }

  /** Shows what is there, then each transition, until a signal ends it. */
  async #watch(
    context: Context,
    first: Observation,
    records: readonly ClusterRecord[],
    { wanted, one, stop }: { wanted: Wanted; one: ClusterSubject | null; stop: AbortController },
  ): Promise<CommandResult> {
    const told = [...first.watchable];
    // What was recorded before a context was asked: what it shows differently has happened since.
    const before = new Map<string, Context['reading']['view']>();
    const live = this.#liveView();
    const view = live ?? this.#linesView(context, records);
    const failing = await watchStatus({
      ...{ first, stop, view, now: () => this.now() },
      open: async (name) => {
        before.set(name, (await this.#newest(context)).view);
        const asked = { ...wanted, contexts: [name], beside: told };
        const seen = await this.observe(context, records, asked, stop.signal);
        told.push(...seen.watchable);
        return ofManagement(seen, one);
      },
      note: (message) => this.note(message),
      record: this.flags.record
        ? {
            missed: (watchable) =>
              this.#missed(context, before.get(watchable.context) ?? context.reading.view, watchable, one),
            write: (events) => this.writeObserved(context, { title: titleOf(events), events }, false),
          }
        : null,
    }).finally(() => live?.end());
    const rest = { json: {}, rows: [], lines: () => [] };
    if (stop.signal.reason === READER_GONE) return rest;
    for (const error of failing.values()) this.note(`not watched in the end: ${error.message}`);
    const exitCode = failing.size > 0 ? EXIT_CODES.CLUSTER : EXIT_CODES.INTERRUPTED;
    return { ...rest, exitCode };
  }

  /** A live table, where the output is a terminal that can show one and somebody looks at it; else null. */
  #liveView(): LiveView | null {
    const isForPeople = this.format === 'text' || this.format === 'wide';
    if (
      !isForPeople ||
      !process.stdout.isTTY ||
      this.environment['TERM'] === 'dumb' ||
      isCi(this.environment)
    )
      return null;
    return new LiveView({
      ...{ stdout: process.stdout, notes: this.notes, labels: this.#labels(), wide: this.format === 'wide' },
      ...{ screen: () => this.screen, now: () => this.now() },
      arranged: (clusters) =>
        sortedClusters(
          onlyInStates({ clusters, divergence: [] }, this.#states).clusters,
          this.flags['sort-by'],
        ).forPeople,
    });
  }

  #linesView(context: Context, records: readonly ClusterRecord[]): WatchView {
    return linesView({
      ...{ now: () => this.now(), print: (result) => this.print(result), note: (text) => this.note(text) },
      wants: (state) => this.#states === null || (state !== null && this.#states.has(state)),
      begin: (observation) => {
        const report = buildStatus<KgitEvent>(observation, records);
        const rows = beginRows({ ...observation, ...onlyInStates(report, this.#states) }, this.now());
        return this.print({ ...this.#result(context, report, [], null), rows });
      },
    });
  }

  /** What happened while nobody recorded, by the newest record that can be had. */
  async #missed(
    context: Context,
    before: Context['reading']['view'],
    watchable: Watchable,
    one: ClusterSubject | null,
  ): Promise<Missed> {
    const { view } = await this.#newest(context);
    const isWanted = ({ namespace, name }: Pick<ClusterSubject, 'namespace' | 'name'>) =>
      !one || (namespace === one.namespace && name === one.name);
    return missedSince({ before, after: view }, watchable, isWanted, this.skipped, new Date(this.now()));
  }

  #newest({ opened, settings }: Context) {
    return opened.repository.read({ olderThan: 0 }, settings.timeout);
  }

  #offline(
    context: Context,
    records: readonly ClusterRecord[],
    namespace: string | undefined,
  ): CommandResult {
    this.note('not live: no cluster was asked, this is what is recorded');
    const shown = records.filter(({ subject }) => namespace === undefined || subject.namespace === namespace);
    const sorted = sortedBy(shown, this.flags['sort-by'], ({ subject, lifecycle, lastEvent }) => ({
      ...subject,
      recorded: lifecycle,
      lastEvent,
    }));
    return offlineResult(sorted, this.repositoryLine(context), this.now());
  }
}

/** Live or not at all, but what is recorded can be had. */
function alsoOffline(error: unknown): never {
  if (!(error instanceof ClusterError)) throw error;
  const suggestions = [...error.suggestions, '`kgit status --offline` shows what is recorded'];
  throw new ClusterError(error.message, { suggestions, data: error.data, cause: error });
}

import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { clusterLines } from '../cli/render/status/cluster-lines.js';
import { clusterPage } from '../cli/render/status/cluster-page.js';
import { explainedJson } from '../cli/render/status/explained-json.js';
import { contextLines, divergenceLines } from '../cli/render/status/status-lines.js';
import { EXIT_CODES } from '../errors.js';
import { buildStatus } from '../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../model/event/event.js';
import { formatSubject } from '../model/subject/subject.js';
import type { CommandResult } from '../terminal/output.js';

/** Maximum number of recorded events, and of the cluster's own, that a page shows. */
const TIME_LINE = 50;

export default class Show extends ClusterCommand<typeof Show> {
  static override summary =
    'A page on one cluster, to hand it over: its state, why, its config, its history.';
  static override description = helpText(
    ClusterCommand,
    `All that k0rdent and the repository know of one cluster: its state and what explains it, conditions, services, upgrades, config with secrets masked, divergence, and the events of Kubernetes and of kgit on one time line. -o md makes a Markdown page of it. Of a cluster that is gone it shows what is recorded, and says so.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> show team-a/prod-eu-1',
    '<%= config.bin %> show team-a/prod-eu-1 --explain -o md > hand-over.md',
  ];
  static override args = {
    subject: Args.string({ required: true, description: 'The cluster: [[MGMT/]NS/]NAME.' }),
  };
  static override flags = {
    output: outputFlag('md'),
    explain: Flags.boolean({ summary: 'Also fetch what it depends on and is made of, where you may.' }),
  };

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.openFetched('try');
    const one = await this.namedCluster(context, this.args.subject);
    const subject = formatSubject(one);
    const observer = this.observer(context);
    const records = await observer.records(one);
    const { namespace, name } = one;
    const observation = await observer.observe(records, { namespace, name });
    const live = observation.clusters.filter(({ management }) => management === one.management);
    const report = buildStatus<KgitEvent>({ ...observation, clusters: live }, records);
    const { contexts, clusters, divergence } = report;
    const kept = observation.objects.get(subject);
    const [record] = records;
    const failed = contexts.some(({ error }) => error !== null);
    if (!kept && !record?.lastEvent && !failed) throw await observer.notKnown(one);
    const explained = kept ? await observer.explain(one, kept, TIME_LINE, this.flags.explain === true) : null;
    const page = {
      subject,
      cluster: clusters[0] ?? null,
      detail: explained?.detail ?? null,
      timeLine: explained?.timeLine ?? (await observer.recordedTimeLine(one, TIME_LINE)),
      recorded: record?.lifecycle ?? null,
      divergence,
      now: this.now(),
      footer: this.repositoryLine(context),
    };
    return {
      json: {
        contexts,
        cluster: page.cluster,
        divergence,
        recorded: page.recorded,
        ...(explained ? explainedJson(explained) : { detail: null, timeLine: page.timeLine }),
      },
      names: [subject],
      others: { md: () => clusterPage(page) },
      lines: (screen, wide) => [
        ...clusterLines(page, screen, wide, { withConfig: true }),
        ...divergenceLines({ ...page, contexts, clusters }, screen, true),
        ...contextLines({ ...page, contexts, clusters, isNarrowed: true }, screen),
        '',
        screen.style('dim', page.footer),
      ],
      ...(failed ? { exitCode: EXIT_CODES.CLUSTER } : {}),
    };
  }
}

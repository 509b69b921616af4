import { Args, Flags } from '@oclif/core';
import { reportStatus } from '../app/observe/report-status.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { explainedJson } from '../cli/render/json/status-json.js';
import { clusterLines } from '../cli/render/status/cluster-lines.js';
import { clusterPage } from '../cli/render/status/cluster-page.js';
import { contextLines, divergenceLines } from '../cli/render/status/status-lines.js';
import { EXIT_CODES } from '../errors.js';
import { formatSubject } from '../model/subject/subject.js';
import type { CommandResult } from '../terminal/output.js';

/** Maximum number of recorded events, and of the cluster's own, that a page shows. */
const TIME_LINE = 50;

export default class Show extends ClusterCommand<typeof Show> {
  static override summary = 'Show a page on one cluster for a handover: state, reasons, config, history.';
  static override description = helpText(
    ClusterCommand,
    `Shows all that k0rdent and the repository know about one cluster: its state and the reasons for it, conditions, services, upgrades, config with secrets masked, divergence, and the events of Kubernetes and of kgit on one timeline. -o md prints a Markdown page. For a cluster that is gone, it shows what is recorded, and says so.`,
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
    explain: Flags.boolean({
      summary: 'Also fetch the objects that it depends on and consists of, as far as you may read them.',
    }),
  };

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.openFetched('try');
    const one = await this.namedCluster(context, this.args.subject);
    const subject = formatSubject(one);
    const observer = this.observer(context);
    const { report, records, explained } = await reportStatus(
      observer,
      { one, namespace: one.namespace },
      { limit: TIME_LINE, withParts: this.flags.explain === true },
    );
    const { contexts, clusters, divergence } = report;
    const failed = contexts.some(({ error }) => error !== null);
    const page = {
      subject,
      cluster: clusters[0] ?? null,
      detail: explained?.detail ?? null,
      timeLine: explained?.timeLine ?? (await observer.recordedTimeLine(one, TIME_LINE)),
      recorded: records[0]?.lifecycle ?? null,
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

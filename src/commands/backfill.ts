import { observeAll } from '../app/observe/live-clusters.js';
import { type BackfillEvent, backfillEvents } from '../app/write/backfill-events.js';
import type { Context } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { canAsk, mustAgree, yesFlag } from '../cli/input/ask.js';
import type { Observation } from '../k0rdent/observe/observation.js';
import { eventTimeFault } from '../model/event/event-time.js';
import { eventPath } from '../model/subject/layout.js';
import { formatSubject } from '../model/subject/subject.js';
import { counted } from '../model/value/counted.js';
import { thisHost } from '../setup/this-host.js';
import { readClusters } from '../store/read/cluster-records.js';
import { fittingTable } from '../terminal/fitting-table.js';
import type { CommandResult } from '../terminal/output.js';
import { terminalText } from '../terminal/terminal-text.js';

const HEAD = ['ACTION', 'CLUSTER', 'DATED', 'WHY'];

export default class Backfill extends WriteCommand<typeof Backfill> {
  static override summary = "Complete the clusters' history with what k0rdent shows.";
  static override description = helpText(
    WriteCommand,
    `Asks k0rdent for its clusters and records what nobody did: cluster_vanished for those that are recorded as created
and are not there any more, cluster_observed for those that are there and in no record. History is completed; of their
status nothing is copied. On a terminal the plan is shown first; doing it again changes nothing.`.replaceAll(
      '\n',
      ' ',
    ),
    'CLUSTER',
  );
  static override examples = ['<%= config.bin %> backfill --dry-run', '<%= config.bin %> backfill -o json'];
  static override flags = { ...PROPOSE_FLAGS, yes: yesFlag('Record without asking, at a terminal, too.') };

  #isShown = false;

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.open('try');
    const records = await readClusters(context.reading.view);
    const observation = await observeAll({
      environment: this.environment,
      timeoutMs: context.settings.timeout,
      now: () => this.now(),
      managements: context.managements,
      namespaces: [context.settings.namespace, ...records.map(({ subject }) => subject.namespace)],
    });
    this.#tellLimits(observation);
    const run = this.ciRun.id;
    const made = backfillEvents(
      observation,
      records,
      {
        user: this.actor(context).name,
        host: thisHost.hostname,
        ...(run === undefined ? {} : { run_id: run }),
      },
      (message) => this.note(message),
    );
    const events = made.filter((one) => this.#isPast(one));
    await this.#confirm(events);
    return this.#write(context, observation, events);
  }

  /** What was not looked at says nothing of what is there. */
  #tellLimits({ contexts }: Observation): void {
    for (const { management, match, namespaces } of contexts) {
      if (match === 'new')
        this.note(
          `${management} is seen for the first time: 'kgit status' notes its identity, then it is known what has vanished there`,
        );
      if (namespaces.denied.length > 0)
        this.note(`not looked at, for want of access: ${namespaces.denied.join(', ')}`);
    }
  }

  /** Whether an event may be recorded: one that would be dated in the future is told instead. */
  #isPast({ subject, event }: BackfillEvent): boolean {
    const fault = eventTimeFault(event, this.now());
    if (fault === null) return true;
    const what = `${event.action} of ${formatSubject(subject)}`;
    this.note(
      `${what} is left out: it would be dated ${event.timestamp}, and ${fault}; check the clocks of this machine and the cluster`,
    );
    return false;
  }

  #plan(events: readonly BackfillEvent[]): string[] {
    const rows = events.map(({ subject, event, reason }) => [
      event.action,
      formatSubject(subject),
      event.timestamp,
      reason,
    ]);
    return fittingTable(HEAD, rows, this.screen);
  }

  async #confirm(events: readonly BackfillEvent[]): Promise<void> {
    // Without a terminal nobody is asked: scripts complete the history.
    if (!canAsk() || events.length === 0 || this.flags['dry-run'] || this.format !== 'text') return;
    process.stderr.write(`${this.#plan(events).map(terminalText).join('\n')}\n`);
    this.#isShown = true;
    const words = { declined: 'nothing was recorded', withYes: 'kgit backfill --yes' };
    await mustAgree({ text: 'Record this?', ...words }, this.flags.yes);
  }

  async #write(
    context: Context,
    { contexts }: Observation,
    events: readonly BackfillEvent[],
  ): Promise<CommandResult> {
    const writes = events.map(({ subject, event, given }) => ({
      subject,
      event,
      ...(given === undefined ? {} : { given }),
    }));
    const outcome =
      writes.length === 0
        ? { operation: null, revision: context.reading.revision, delivery: 'unchanged', attempts: 0 }
        : this.writeJson(await this.submit(context, this.operation(context, writes)));
    const rows = events.map(({ subject, event, reason }) => ({
      id: event.id,
      subject: formatSubject(subject),
      action: event.action,
      timestamp: event.timestamp,
      path: eventPath(subject, event),
      reason,
    }));
    return {
      json: { contexts: contexts.map(({ context: name }) => name), events: rows, ...outcome },
      rows,
      names: rows.map(({ path }) => path),
      lines: ({ style }) => [
        ...(this.#isShown || events.length === 0 ? [] : this.#plan(events)),
        events.length === 0
          ? style('dim', 'nothing to record: the history is complete')
          : `${style('green', '✓')} ${counted(events.length, 'event')} ${String(outcome['delivery'])}`,
      ],
    };
  }
}

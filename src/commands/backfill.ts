import type { BackfillEvent } from '../app/write/backfill-events.js';
import { planBackfill, writeBackfill } from '../app/write/plan-backfill.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { canAsk, mustAgree, yesFlag } from '../cli/input/ask.js';
import { backfillResult, planLines } from '../cli/render/write/backfill-result.js';
import { outcomeJson, unwrittenJson } from '../cli/render/write/write-result.js';
import type { CommandResult } from '../terminal/output.js';
import { terminalText } from '../terminal/terminal-text.js';

export default class Backfill extends WriteCommand<typeof Backfill> {
  static override summary = "Complete the clusters' history with what k0rdent shows.";
  static override description = helpText(
    WriteCommand,
    `Asks k0rdent for its clusters and records missing events: cluster_vanished for a cluster that is recorded as created but is gone, cluster_observed for one that exists but has no record. It does not copy the status of clusters. On a terminal, it shows the plan first. Running it again changes nothing.`,
    'CLUSTER',
  );
  static override examples = ['<%= config.bin %> backfill --dry-run', '<%= config.bin %> backfill -o json'];
  static override flags = { ...PROPOSE_FLAGS, yes: yesFlag('Record without asking, even on a terminal.') };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.open('try');
    const plan = await planBackfill(this.writing(context), () => this.now());
    const isShown = await this.#confirm(plan.events);
    const outcome =
      plan.events.length === 0
        ? unwrittenJson(context.reading.revision)
        : outcomeJson(await this.write(context, (writing) => writeBackfill(writing, plan.events)));
    return backfillResult(plan, outcome, isShown);
  }

  /** Shows the plan on a terminal and asks for confirmation. Returns whether it was shown: scripts are not asked. */
  async #confirm(events: readonly BackfillEvent[]): Promise<boolean> {
    if (!canAsk() || events.length === 0 || this.flags['dry-run'] || this.format !== 'text') return false;
    process.stderr.write(`${planLines(events, this.screen).map(terminalText).join('\n')}\n`);
    const words = { declined: 'nothing was recorded', withYes: 'kgit backfill --yes' };
    await mustAgree({ text: 'Record this?', ...words }, this.flags.yes);
    return true;
  }
}

import { Flags } from '@oclif/core';
import { sealBefore, sealMonths } from '../app/write/seal-months.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { compactResult, tooLargeLines } from '../cli/render/write/compact-result.js';
import type { CommandResult } from '../terminal/output.js';

// Compacting writes no event that could carry these.
const { message, reason, 'allow-secret': _secret, ...baseFlags } = WriteCommand.baseFlags;

export default class Compact extends WriteCommand<typeof Compact> {
  static override summary = 'Seal closed months: one file instead of one per event.';
  static override description = helpText(
    WriteCommand,
    `Replaces the event files of each month that ended before DATE with one file per subject and month, and adds events that arrived late to the file of their month. No event is lost or changed: every command reads both forms. Months are in UTC. Compacting itself records no event.`,
  );
  static override examples = [
    '<%= config.bin %> compact --before today',
    '<%= config.bin %> compact --before 2025-07 --dry-run -o wide',
    '<%= config.bin %> compact --before 2025-07-01 --json',
  ];
  static override baseFlags = baseFlags as typeof WriteCommand.baseFlags;
  static override flags = {
    ...PROPOSE_FLAGS,
    before: Flags.string({
      required: true,
      helpValue: 'DATE',
      summary: 'Seal months that ended before this date: 2025-07, 2025-07-01, 90d (ago), today.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const before = sealBefore(this.flags.before, this.now());
    const context = await this.open('never');
    const wait = this.notes.begin('sealing months', false);
    const outcome = await this.write(context, (writing) => sealMonths(writing, before)).finally(wait.end);
    for (const line of tooLargeLines(outcome)) this.note(line);
    return compactResult(outcome);
  }
}

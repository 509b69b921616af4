import { Flags } from '@oclif/core';
import { sealBefore, sealMonths } from '../app/write/seal-months.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { sealedPath } from '../model/subject/layout.js';
import { parseSubject } from '../model/subject/subject.js';
import { counted } from '../model/value/counted.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { Sealing } from '../store/plan/seal-months.js';
import { fittingTable } from '../terminal/fitting-table.js';
import type { CommandResult } from '../terminal/output.js';

const NOTHING: Sealing = { sealed: [], files: 0, tooLarge: [] };

// No event is written that could hold them.
const { message, reason, 'allow-secret': _secret, ...baseFlags } = WriteCommand.baseFlags;

export default class Compact extends WriteCommand<typeof Compact> {
  static override summary = 'Seal closed months: one file instead of one per event.';
  static override description = helpText(
    WriteCommand,
    `Replaces the event files of each month that ended before DATE by one file per subject and month, and joins events that came late to it. Nothing is lost or changed: every command reads both forms. Months are of UTC. It leaves no event, for it adds nothing to the record.`,
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
      summary: 'Months that ended before then: 2025-07, 2025-07-01, 90d (ago), today.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const before = sealBefore(this.flags.before, this.now());
    const context = await this.open('never');
    const wait = this.notes.begin('sealing months', false);
    const outcome = await this.write(context, (writing) => sealMonths(writing, before)).finally(wait.end);
    const sealing = outcome.sealing ?? NOTHING;
    for (const { subject, month, bytes } of sealing.tooLarge) {
      const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
      this.note(`${subject} ${month} stays as it is: sealed it would be ${size}, more than is read`);
    }
    const { sealed } = sealing;
    return {
      json: { ...sealing, ...this.writeJson(outcome) },
      rows: sealed,
      names: sealed.map(({ subject, month }) => sealedPath(parseSubject(subject), month)),
      lines: (screen, wide) => {
        const rows = sealed.map(({ subject, month, events }) => [subject, month, String(events)]);
        const table =
          wide && rows.length > 0 ? fittingTable(['SUBJECT', 'MONTH', 'EVENTS'], rows, screen) : [];
        return [summary(outcome, sealing, (text) => screen.style('dim', text)), ...table];
      },
    };
  }
}

function summary(outcome: WriteOutcome, sealing: Sealing, dim: (text: string) => string): string {
  const { delivery, revision } = outcome;
  if (delivery === 'queued') return '✓ queued';
  if (sealing.sealed.length === 0) return dim('nothing to seal');
  const what = `${counted(sealing.sealed.length, 'month')} of ${counted(new Set(sealing.sealed.map(({ subject }) => subject)).size, 'subject')}`;
  const done =
    delivery === 'dry-run'
      ? 'would be sealed'
      : delivery === 'proposed'
        ? 'to be sealed, proposed'
        : 'sealed';
  return `✓ ${what} ${done}, ${counted(sealing.files, 'file')} taken in${revision ? dim(` ${revision.slice(0, 10)}`) : ''}`;
}

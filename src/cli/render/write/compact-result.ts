/** Formats the sealing of months for people and scripts. */
import { sealedPath } from '../../../model/subject/layout.js';
import { parseSubject } from '../../../model/subject/subject.js';
import { counted } from '../../../model/value/counted.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { Sealing } from '../../../store/plan/seal-months.js';
import { fittingTable } from '../../../terminal/fitting-table.js';
import type { CommandResult } from '../../../terminal/output.js';
import { outcomeJson } from './write-result.js';

const NOTHING: Sealing = { sealed: [], files: 0, tooLarge: [] };

/** Lists the months that are not sealed because they would be too large, one line each. */
export function tooLargeLines({ sealing = NOTHING }: WriteOutcome): string[] {
  return sealing.tooLarge.map(({ subject, month, bytes }) => {
    const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    return `${subject} ${month} stays as it is: sealed it would be ${size}, more than is read`;
  });
}

/** Builds the result of `kgit compact`. */
export function compactResult(outcome: WriteOutcome): CommandResult {
  const { sealing = NOTHING } = outcome;
  const { sealed } = sealing;
  return {
    json: { ...sealing, ...outcomeJson(outcome) },
    rows: sealed,
    names: sealed.map(({ subject, month }) => sealedPath(parseSubject(subject), month)),
    lines: (screen, wide) => {
      const rows = sealed.map(({ subject, month, events }) => [subject, month, String(events)]);
      const table = wide && rows.length > 0 ? fittingTable(['SUBJECT', 'MONTH', 'EVENTS'], rows, screen) : [];
      return [summary(outcome, sealing, (text) => screen.style('dim', text)), ...table];
    },
  };
}

function summary(outcome: WriteOutcome, sealing: Sealing, dim: (text: string) => string): string {
  const { delivery, revision } = outcome;
  if (delivery === 'queued') return '✓ queued';
  if (sealing.sealed.length === 0) return dim('nothing to seal');
  const subjects = new Set(sealing.sealed.map(({ subject }) => subject));
  const what = `${counted(sealing.sealed.length, 'month')} of ${counted(subjects.size, 'subject')}`;
  const words: Readonly<Record<string, string>> = {
    'dry-run': 'would be sealed',
    proposed: 'to be sealed, proposed',
  };
  const done = `${words[delivery] ?? 'sealed'}, ${counted(sealing.files, 'file')} taken in`;
  return `✓ ${what} ${done}${revision ? dim(` ${revision.slice(0, 10)}`) : ''}`;
}

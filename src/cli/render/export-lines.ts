import type { ExportedRow, LockedSecrets } from '../../app/legacy/export-files.js';
import { counted } from '../../model/value/counted.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { Screen } from '../../terminal/output.js';
import { terminalText } from '../../terminal/terminal-text.js';

/** Says which secrets of a subject are left out, or may be old, because the user has no key for them. */
export function lockedText(subject: string, { leftOut, copied }: LockedSecrets): string {
  const are = (count: number) => (count === 1 ? '1 secret is' : `${count} secrets are`);
  const told = [
    ...(leftOut.length === 0 ? [] : [`${are(leftOut.length)} left out, encrypted for others`]),
    ...(copied.length === 0
      ? []
      : [`${are(copied.length)} as this machine had it, maybe older than the team's`]),
  ];
  return `${subject}: ${told.join('; ')}: name your key in SOPS_AGE_KEY_FILE, or have the team add you: kgit secrets recipients add`;
}

/** Formats the files of an export as a table, with their number. */
export function exportLines(files: readonly ExportedRow[], screen: Screen): string[] {
  const rows = files.map(({ path, subject, action, withheld }) =>
    [path, subject ?? '-', action, String(withheld.length)].map(terminalText),
  );
  return [
    ...fittingTable(['FILE', 'FROM', 'ACTION', 'WITHHELD'], rows, screen),
    `${screen.style('green', '✓')} ${counted(files.length, 'file')}`,
  ];
}

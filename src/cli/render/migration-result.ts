import { comparedWords } from '../../app/migrate/compare-stores.js';
import type { Migrated } from '../../app/migrate/migrate-store.js';
import type { PlannedMigration } from '../../app/migrate/plan-migration.js';
import { counted } from '../../model/value/counted.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { CommandResult } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** Most lines for files that stay behind or do not fit; the JSON result has more. */
const MAX_LINES = 10;

/** The two stores, as users name them. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

function listed(what: string, items: readonly string[], count = items.length): string[] {
  if (count === 0) return [];
  const more = count - Math.min(items.length, MAX_LINES);
  return [
    `  ${what}`,
    ...items.slice(0, MAX_LINES).map((item) => `    ${oneLine(item)}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

/** Builds the result of a migration, or of its undoing. */
export function migratedResult(migrated: Migrated, { from, to }: Route, isUndone: boolean): CommandResult {
  const { revisions, locks, waiting, last, copy, compared, left } = migrated;
  const { events, states, files } = compared;
  const repo = isUndone ? from : to;
  return {
    json: {
      ...{ from, to, undone: isUndone, dryRun: false, revisions, locks, waiting, last, copy },
      ...{ compared: { events, states, files }, left, configuration: { repo } },
    },
    names: [repo],
    lines: ({ style }) => [
      `${style('green', '✓')} ${isUndone ? `back at ${oneLine(from)}` : `moved to ${oneLine(to)}`} ${style('dim', `${counted(revisions, 'revision')} copied, ${counted(locks, 'lock')}, ${waiting} waiting taken along`)}`,
      `  the same on both sides: ${comparedWords(compared)}`,
      ...listed('left behind, because no store keeps it as text:', left),
      `  from now on, everywhere: export KGIT_REPO=${oneLine(shellWord(repo))}`,
    ],
  };
}

/** Builds the result of a dry run. */
export function plannedResult(planned: PlannedMigration, { from, to }: Route): CommandResult {
  const { revisions, events, locks, waiting, tooLarge, tooLargeCount, left, resumes } = planned;
  const large = tooLarge.map(
    ({ path, bytes, revision }) => `${path}: ${bytes} bytes (${revision.slice(0, 10)})`,
  );
  return {
    json: { from, to, undone: false, dryRun: true, ...planned },
    names: [to],
    lines: ({ style }) => [
      `${style('dim', 'dry run')} ${oneLine(from)} would move to ${oneLine(to)}${resumes ? ', behind what is there already' : ''}`,
      `  ${counted(revisions, 'revision')}, ${counted(events, 'event')}, ${counted(locks, 'lock')}, ${waiting} waiting here`,
      ...listed('too large for the target, so that it would refuse them:', large, tooLargeCount),
      ...listed('would stay behind, because no store keeps it as text:', left),
    ],
  };
}

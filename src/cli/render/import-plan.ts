import type { ImportResult } from '../../app/legacy/import-files.js';
import { isSecretMark } from '../../model/team-secret/secret-mark.js';
import { counted } from '../../model/value/counted.js';
import type { Value } from '../../model/value/value.js';
import {
  type ConflictRule,
  type ImportConflict,
  type ImportedFile,
  type ImportPlan,
  refusalOf,
  skippedFiles,
} from '../../sync/plan/import-plan.js';
import type { CommandResult } from '../../terminal/output.js';
import { terminalText } from '../../terminal/terminal-text.js';
import { outcomeJson, unwrittenJson } from './write/write-result.js';

const HEAD = ['FILE', 'GOES TO', 'EVENTS', 'STATE'] as const;
const MAX_VALUE = 60;
/** Minimum width of the file and subject columns on a narrow terminal. */
const MIN_COLUMN = 16;
/** Maximum number of lines in a section; the rest is counted. */
const MAX_LINES = 40;

/** Replaces control characters with visible ones: text of files never reaches a terminal unescaped. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function shown(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  if (isSecretMark(value)) return '<secret>';
  const text = plain(JSON.stringify(value));
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function cell(parts: readonly (readonly [number, string])[]): string {
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.join(', ') || '-';
}

function row(file: ImportedFile): readonly string[] {
  const { events, state, secrets, error } = file;
  const skipped = error ? 0 : events.found - events.new - events.duplicate;
  return [
    plain(file.path),
    file.error ? 'nothing: see below' : (file.subject ?? 'nothing'),
    cell([
      [events.new, 'new'],
      [events.duplicate, 'known'],
      [skipped, 'skipped'],
    ]),
    cell([
      [state.set, 'set'],
      [state.unchanged, 'unchanged'],
      [state.conflicts, state.conflicts === 1 ? 'conflict' : 'conflicts'],
      [secrets.set, secrets.set === 1 ? 'secret set' : 'secrets set'],
      [secrets.conflicts, secrets.conflicts === 1 ? 'secret in conflict' : 'secrets in conflict'],
    ]),
  ];
}

/** Formats a table, cut to a terminal of `width` columns. A path keeps its end, which is the most telling part. */
function table(all: readonly (readonly string[])[], width: number | null): string[] {
  const widths = HEAD.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  let excess = width === null ? 0 : widths.reduce((sum, column) => sum + column + 2, -2) - width;
  for (const column of [0, 1]) {
    const wide = widths[column] ?? 0;
    const cut = Math.max(0, Math.min(excess, wide - MIN_COLUMN));
    widths[column] = wide - cut;
    excess -= cut;
  }
  return all.map((cells) =>
    cells
      .map((cell, column) => {
        const room = widths[column] ?? 0;
        const shown = cell.length > room ? `…${cell.slice(cell.length - room + 1)}` : cell;
        return shown.padEnd(room);
      })
      .join('  ')
      .trimEnd(),
  );
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_LINES ? [`  … and ${lines.length - MAX_LINES} more`] : [];
  return ['', title, ...lines.slice(0, MAX_LINES).map((line) => `  ${line}`), ...more];
}

const CONFLICT_TITLES: Record<ConflictRule, string> = {
  fail: 'Conflicts: the repository holds other values (--on-conflict repository|file)',
  repository: "Conflicts: the repository's values stay",
  file: "Conflicts: the files' values are taken",
};

function summary(plan: ImportPlan): string {
  const { files, parts } = plan;
  if (refusalOf(plan)) return 'Nothing is written.';
  const events = files.reduce((sum, file) => sum + file.events.new, 0);
  const values = files.reduce((sum, file) => sum + file.state.set, 0);
  if (parts.length === 0)
    return plan.conflicts.length > 0
      ? "Nothing is written: where the two differ, the repository's values stay."
      : 'Nothing new: the repository has it all.';
  const made = parts.length === 1 ? 'one commit' : `${parts.length} commits`;
  const secrets = new Set(parts.flatMap((part) => part.secrets.flatMap(({ values }) => [...values.keys()])));
  const shared = secrets.size === 0 ? '' : `, ${counted(secrets.size, 'encrypted value')}`;
  return `${counted(events, 'new event')} and ${counted(values, 'value')} of state${shared}, in ${made}.`;
}

/**
 * Formats a plan for a terminal: targets, withheld values, differences, errors, and the sum.
 * @param width columns of the terminal; null to cut nothing
 */
export function formatPlan(plan: ImportPlan, width: number | null = null): string[] {
  const { files, conflicts } = plan;
  const errors = files.flatMap(({ path, error }) =>
    error
      ? [
          [path, error.line, error.column].filter((part) => part !== undefined).join(':') +
            `: ${error.message}`,
        ]
      : [],
  );
  return [
    ...table([HEAD, ...files.map(row)], width),
    ...section(
      'Withheld: these look secret and are not written',
      files.flatMap(({ path, withheld }) => withheld.map((place) => plain(`${path}: ${place}`))),
    ),
    ...section(
      'Shared with the team, encrypted',
      files.flatMap(({ path, shared }) => shared.map((place) => plain(`${path}: ${place}`))),
    ),
    ...section(
      CONFLICT_TITLES[plan.onConflict],
      conflicts.map(
        ({ path, base, repository, file, from }) =>
          `${plain(path)}: repository ${shown(repository)}, ${plain(from)} ${shown(file)}, last imported ${shown(base)}`,
      ),
    ),
    ...section(
      'Warnings',
      files.flatMap(({ path, warnings }) => warnings.map((text) => plain(`${path}: ${text}`))),
    ),
    ...section(plan.skipInvalid ? 'Skipped' : 'Errors (--skip-invalid leaves these out)', errors.map(plain)),
    '',
    summary(plan),
  ];
}

/** Describes an import that found nothing new. It may have published what an interrupted import left. */
function resumedText(count: number, delivery: string): string {
  if (count === 0) return 'nothing new';
  return `nothing new; what waited here (${counted(count, 'operation')}): ${delivery}`;
}

/**
 * Builds the result of an import.
 * @param isShown whether the user has already seen the plan
 */
export function importResult(
  { plan, live, revision, outcomes, written }: ImportResult,
  isShown: boolean,
): CommandResult {
  const [first] = outcomes;
  const delivery = first?.delivery ?? 'unchanged';
  const only = first ? outcomeJson(first) : unwrittenJson(revision);
  return {
    json: {
      files: plan.files,
      skipped: skippedFiles(plan),
      ...(live ? { live } : {}),
      ...only,
      ...(outcomes.length > 1 ? { operations: outcomes.map(outcomeJson) } : {}),
    },
    rows: plan.files,
    names: plan.files.map(({ path }) => path),
    lines: ({ style, width }) => [
      ...(isShown ? [] : formatPlan(plan, width).map(terminalText)),
      `${style('green', '✓')} ${plan.parts.length === 0 ? resumedText(written, delivery) : delivery}`,
    ],
  };
}

/** Describes a value that both file and repository changed, when nobody is there to decide. */
export function keptText({ from, path, repository, file }: ImportConflict): string {
  if (isSecretMark(file))
    return `${from}: the secret ${path} may differ from the repository's, which stays; 'kgit set --secret' changes it`;
  const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
  return `${from}: ${path} is ${text(file)} there and ${text(repository)} in the repository, which stays; 'kgit set' changes it`;
}

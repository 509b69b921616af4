import { ConflictError } from '../../errors.js';
import type { Change, KgitEvent } from '../event/event.js';
import type { Precondition, StateChange } from '../operation/operation.js';
import { findSecrets } from '../secret/find-secrets.js';
import { MASK } from '../secret/mask-secrets.js';
import { sameValue, type Value } from '../value/value.js';
import { type Edit, mutable, type PlainEdit, setAt, unsetAt } from './edit.js';
import { layOver, obstacle, plainEdits } from './merge-edit.js';
import { editState, formatState, parseState } from './state-document.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from './state-path.js';

/** The result of edits to a state document. */
export interface AppliedEdits {
  /** The new text, or the old one if nothing changed. */
  readonly text: string;
  readonly changes: readonly Change[];
}

function header(file: string, schema: string | null): string {
  const up = '../'.repeat(file.split('/').length - 1);
  const modeline = schema === null ? '' : `# yaml-language-server: $schema=${up}${schema}\n`;
  return `${modeline}# ${file}: written by kgit. Change it with 'kgit set' and 'kgit phase', so that every change leaves its event.\n`;
}

/** The value, masked if it looks secret, so that later events do not repeat a secret that was recorded once. */
function shown(value: Value, path: StatePath): Value {
  return findSecrets(value, path).length > 0 ? MASK : value;
}

function changeOf(data: Record<string, unknown>, edit: PlainEdit): Change | null {
  const before = lookUp(data, edit.path);
  const was = before.found ? { before: shown(before.value as Value, edit.path) } : {};
  if (edit.op === 'unset') return before.found ? { path: formatStatePath(edit.path), ...was } : null;
  if (before.found && sameValue(before.value, edit.value)) return null;
  return { path: formatStatePath(edit.path), ...was, after: edit.value };
}

/**
 * Applies edits, in order, to the text of a state document (null: there is none yet) and says what changed.
 * The same text and edits always give the same result.
 * @param schema path of the schema that a new document names for editors; null for none
 * Throws InvalidStateError for a broken document, ConflictError where a scalar is in the way.
 */
export function applyEdits(
  text: string | null,
  edits: readonly Edit[],
  file: string,
  schema: string | null = null,
): AppliedEdits {
  const data = mutable(parseState(text ?? '', file)) as Record<string, unknown>;
  const changes: Change[] = [];
  const effective: PlainEdit[] = [];
  const apply = (edit: PlainEdit): void => {
    const change = changeOf(data, edit);
    if (!change) return;
    changes.push(JSON.parse(JSON.stringify(change)) as Change);
    effective.push(edit);
    if (edit.op === 'set') setAt(data, edit.path, mutable(edit.value));
    else unsetAt(data, edit.path);
  };
  for (const edit of edits) for (const part of plainEdits(data, edit)) apply(part);
  if (text === null) return { text: formatState(data as Value, header(file, schema)), changes };
  return { text: editState(text, effective, file), changes };
}

/** Whether a scalar lies on the way to a path. */
export function isBlocked(data: unknown, path: StatePath): boolean {
  return path.some((_part, at) => {
    const { found, value } = lookUp(data, path.slice(0, at));
    return found && value !== null && typeof value !== 'object';
  });
}

/** The edits of a `leavesOut` change whose preconditions hold on `data`. */
export function possibleEdits({ edits, preconditions }: StateChange, data: unknown): Edit[] {
  const refused = new Set(
    preconditions.flatMap((condition) =>
      condition.check === 'unchanged-since' ||
      condition.check === 'lacks' ||
      obstacle(condition, data) === null
        ? []
        : formatStatePath(condition.path),
    ),
  );
  const isFree = (path: StatePath) => !lookUp(data, path).found;
  return edits.flatMap((edit): Edit[] => {
    if (isBlocked(data, edit.path) || refused.has(formatStatePath(edit.path))) return [];
    return edit.op === 'merge'
      ? layOver(data, edit.path, edit.value).filter(({ path }) => isFree(path))
      : [edit];
  });
}

/**
 * Throws ConflictError with `path`, `expected` and `actual` when `precondition` does not hold on `data`.
 * The store checks `unchanged-since`, which compares revisions.
 */
export function checkPrecondition(precondition: Precondition, data: unknown): void {
  const place = obstacle(precondition, data);
  if (place === null || precondition.check === 'unchanged-since') return;
  const path = formatStatePath(place);
  const { found, value } = lookUp(data, place);
  const actual = found ? shown(value as Value, place) : undefined;
  const expected = precondition.check === 'equals' ? shown(precondition.value, place) : undefined;
  const text = (side: unknown) => (side === undefined ? 'nothing' : JSON.stringify(side).slice(0, 200));
  throw new ConflictError(`${path} is ${text(actual)}, expected ${text(expected)}`, {
    data: { path, expected: expected ?? null, actual: actual ?? null },
    suggestions: [
      `Look at who changed it: kgit log --grep ${path}`,
      'Decide again on what is there now, then repeat the write',
    ],
  });
}

/**
 * Applies the changes of events, in order, to `data`. The state document of a deployment must equal the result. Secrets are not in it.
 * @param data changed in place
 */
export function fold(
  events: readonly Pick<KgitEvent, 'changes'>[],
  data: Record<string, unknown> = {},
): Record<string, Value> {
  for (const { changes } of events) {
    for (const change of changes ?? []) {
      if (change.secret) continue;
      const path = parseStatePath(change.path);
      if (change.after === undefined) unsetAt(data, path);
      else setAt(data, path, mutable(change.after));
    }
  }
  return data as Record<string, Value>;
}

import { isMap } from '../value/value.js';
import type { Edit } from './edit.js';
import { lookUp } from './state-path.js';

/** The verbs of `kgit phase`, with the resulting status and the action of the event. */
export const PHASE_VERBS = {
  start: { status: 'in_progress', action: 'phase_started' },
  complete: { status: 'completed', action: 'phase_completed' },
  skip: { status: 'skipped', action: 'phase_skipped' },
  fail: { status: 'failed', action: 'phase_failed' },
  reset: { status: 'pending', action: 'phase_reset' },
} as const;
export type PhaseVerb = keyof typeof PHASE_VERBS;

/** Status of a phase without a record. */
export const PENDING = 'pending';

export interface PhaseRow {
  readonly name: string;
  readonly status: string;
  readonly updatedAt: string | null;
  readonly reason: string | null;
}

function textAt(map: unknown, key: string): string | null {
  const value = isMap(map) ? map[key] : undefined;
  return typeof value === 'string' ? value : null;
}

/** The phases of a deployment: those of the sequence in order, then all others in the state. */
export function listPhases(state: unknown, sequence: readonly string[]): PhaseRow[] {
  const { value } = lookUp(state, ['deployment', 'phases']);
  const recorded = isMap(value) ? value : {};
  const names = [...sequence, ...Object.keys(recorded).filter((name) => !sequence.includes(name))];
  return names.map((name) => {
    const phase = recorded[name];
    return {
      name,
      status: textAt(phase, 'status') ?? PENDING,
      updatedAt: textAt(phase, 'updated_at'),
      reason: textAt(phase, 'skipped_reason'),
    };
  });
}

/** A phase name as the setup scripts spell it: `-` is `_`. */
export function normalizePhase(name: string): string {
  return name.replaceAll('-', '_');
}

/** The phase and the later phases of the sequence that a reset includes. */
export function phasesToReset(name: string, sequence: readonly string[], only: boolean): string[] {
  const at = sequence.indexOf(name);
  return at < 0 || only ? [name] : sequence.slice(at);
}

/** The edits that set `names` to the status of `verb` and the deployment's phase to `current`. */
export function phaseEdits(
  verb: PhaseVerb,
  names: readonly string[],
  current: string,
  at: string,
  reason: string | undefined,
): Edit[] {
  const { status } = PHASE_VERBS[verb];
  const edits: Edit[] = names.flatMap((name) => {
    const path = ['deployment', 'phases', name];
    return [
      { op: 'set' as const, path: [...path, 'status'], value: status },
      { op: 'set' as const, path: [...path, 'updated_at'], value: at },
      // The reason no longer applies once the phase is not skipped.
      verb === 'skip' && reason !== undefined
        ? { op: 'set' as const, path: [...path, 'skipped_reason'], value: reason }
        : { op: 'unset' as const, path: [...path, 'skipped_reason'] },
    ];
  });
  // Skipping does not move the deployment; the setup scripts leave `phase` unchanged, too.
  return verb === 'skip' ? edits : [...edits, { op: 'set', path: ['deployment', 'phase'], value: current }];
}

import { UsageError } from '../../errors.js';
import { ACTION_RULE, formatTimestamp, isAction } from '../../model/event/event.js';
import {
  listPhases,
  normalizePhase,
  PHASE_VERBS,
  type PhaseRow,
  type PhaseVerb,
  phaseEdits,
  phasesToReset,
} from '../../model/state/phase.js';
import { readState } from '../../store/read/records.js';
import { type ChangedDeployment, changeDeployment, type Target, targetDeployment } from './change-state.js';
import { requirePhase } from './known-names.js';
import type { GivenFields } from './write-events.js';
import type { Writing } from './writing.js';

/** A step of a deployment through its phases. */
export interface PhaseMove extends Target {
  readonly verb: PhaseVerb;
  /** As `phaseName` gives it. */
  readonly phase: string;
  /** Whether a reset leaves the later phases of the sequence alone. */
  readonly only: boolean;
  /** Whether the phase may be one that neither `phaseSequence` nor the state has. */
  readonly mayBegin: boolean;
  /** Message and reason of the event; the reason is also that of a skipped phase. */
  readonly fields: GivenFields & { readonly reason?: string | undefined };
}

const OUTCOMES: Readonly<Partial<Record<PhaseVerb, string>>> = { complete: 'succeeded', fail: 'failed' };

/** The phases of a deployment with their status, in the order of `phaseSequence`. Throws UsageError, NotFoundError. */
export async function phasesOf(
  context: Pick<Writing, 'reading' | 'settings'>,
  id: string,
): Promise<PhaseRow[]> {
  return listPhases(await readState(context.reading.view, id), sequenceOf(context));
}

function sequenceOf({ settings }: Pick<Writing, 'settings'>): string[] {
  return settings.phaseSequence.map(normalizePhase);
}

/** The name of a phase as the state has it, with `_` for `-`. Throws UsageError. */
export function phaseName(text: string): string {
  const phase = normalizePhase(text);
  if (isAction(phase)) return phase;
  throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not a phase name: ${ACTION_RULE}`);
}

/**
 * Gives a phase, and on a reset the later ones, a new status, and leaves the event of it. It is taken back if it cannot be
 * published now, since others act on it. Throws UsageError, NotFoundError; then as `changeState`.
 */
export async function movePhase(writing: Writing, move: PhaseMove): Promise<ChangedDeployment> {
  const { verb, phase, only, mayBegin, fields } = move;
  const sequence = sequenceOf(writing);
  const id = await targetDeployment(writing, move);
  if (!mayBegin && !sequence.includes(phase)) {
    const known = await phasesOf(writing, id);
    await requirePhase(
      phase,
      known.map(({ name }) => name),
    );
  }
  const names = verb === 'reset' ? phasesToReset(phase, sequence, only) : [phase];
  const at = formatTimestamp(writing.writer.now).replace(/\.\d+Z$/, 'Z');
  return changeDeployment(writing, id, {
    fields: { ...fields, action: PHASE_VERBS[verb].action, phase, outcome: OUTCOMES[verb] },
    edits: phaseEdits(verb, names, phase, at, fields.reason),
    withdraw: true,
  });
}

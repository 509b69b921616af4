import type { SubjectChanges } from '../../../app/read/state-changes.js';
import type { PhaseRow } from '../../../model/state/phase.js';

/** Formats a value of the state of a deployment. @param path empty for the whole state */
export function valueJson(deployment: string, path: string, value: unknown) {
  return { subject: `deployment/${deployment}`, path, value };
}

/** Formats the phases of a deployment. */
export function phasesJson(deployment: string, phases: readonly PhaseRow[]) {
  return { subject: `deployment/${deployment}`, phases };
}

/** Formats state changes. Their common subject is null unless they are about exactly one deployment. */
export function changesJson(all: readonly SubjectChanges[]) {
  const [only] = all;
  return {
    subject: only && all.length === 1 ? only.subject : null,
    changes: all.flatMap(({ subject, rows }) => rows.map((row) => ({ ...row, subject }))),
  };
}

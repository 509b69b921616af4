import { isMap } from '../value/value.js';
import { PENDING, PHASE_VERBS } from './phase.js';

/** A fault of a state document, and the keys it lies under. */
export interface StateFault {
  readonly keys: readonly string[];
  readonly message: string;
}

const SECTIONS = ['deployment', 'kof', 'azure', 'aws'];
const STATUSES = new Set<unknown>([...Object.values(PHASE_VERBS).map(({ status }) => status), PENDING]);

/** Whether the status of a phase is readable; without one a phase is pending. */
function isPhase(phase: unknown): boolean {
  if (phase === null) return true;
  return isMap(phase) && (phase['status'] === undefined || STATUSES.has(phase['status']));
}

/** Violations of the schema of states (`docs/data-model.md`). */
export function stateFaults(data: Readonly<Record<string, unknown>>): StateFault[] {
  const faults: StateFault[] = [];
  for (const section of SECTIONS) {
    const value = data[section];
    if (value !== undefined && value !== null && !isMap(value))
      faults.push({ keys: [section], message: `${section} is not a mapping` });
  }
  const deployment = data['deployment'];
  const phases = isMap(deployment) ? deployment['phases'] : undefined;
  if (phases !== undefined && phases !== null && !isMap(phases))
    faults.push({ keys: ['deployment', 'phases'], message: 'deployment.phases is not a mapping' });
  for (const [name, phase] of Object.entries(isMap(phases) ? phases : {})) {
    if (isPhase(phase)) continue;
    const known = [...STATUSES].join(', ');
    const message = `the phase ${name} has no status that kgit knows: ${known}`;
    faults.push({ keys: ['deployment', 'phases', name], message });
  }
  return faults;
}

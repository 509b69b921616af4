import { SCRIPT_PHASES } from '../../model/state/script-phases.js';
import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { LegacyMap } from '../read/legacy-document.js';

/** A value of a state file that is overridden by the deployment's events or other keys. */
export interface DerivedValue {
  readonly path: StatePath;
  /** The value in the file. */
  readonly file: Value;
  readonly value: Value;
  /** The evidence for the derived value. */
  readonly because: string;
}

/** The one phase that the scripts from 7122b56 to f1a5c41 wrote, whichever phase was meant. */
const WRITTEN_BY_MISTAKE = 'install_kof_regional';

/** The key that shows that a phase is done, and its value in that case. */
const DONE: Readonly<Record<string, readonly [key: string, value: Value]>> = {
  prepare_deployment: ['wg_keys_generated', true],
  setup_network: ['azure_network_status', 'created'],
  setup_vpn: ['wg_laptop_config_created', true],
  connect_vpn: ['wg_vpn_connected', true],
  install_k0s: ['k0s_cluster_deployed', true],
  install_k0rdent: ['k0rdent_installed', true],
  install_azure_csi: ['azure_csi_installed', true],
  install_kof_mothership: ['kof_mothership_installed', true],
  install_kof_regional: ['kof_regional_installed', true],
};

interface Said {
  readonly status: 'completed' | 'skipped' | 'pending';
  readonly at: Value;
}

/** The last status of each phase according to the events; phases without events are absent. */
function saidByEvents(entries: readonly Value[]): Map<string, Said> {
  const said = new Map<string, Said>();
  for (const entry of entries) {
    if (!isMap(entry)) continue;
    const { action, message, timestamp = null } = entry as ValueMap;
    const text = typeof message === 'string' ? message : '';
    const name = (prefix: RegExp) => prefix.exec(text)?.[1]?.replaceAll('-', '_') ?? '';
    if (action === 'phase_completed')
      said.set(name(/^Phase completed: ([\w-]+)/), { status: 'completed', at: timestamp });
    if (action === 'phase_skipped')
      said.set(name(/^Phase skipped: ([\w-]+)/), { status: 'skipped', at: timestamp });
    if (action !== 'phase_reset') continue;
    const from = SCRIPT_PHASES.indexOf(name(/^Phase reset invoked from: ([\w-]+)/));
    if (from < 0) continue;
    for (const phase of SCRIPT_PHASES.slice(from)) said.set(phase, { status: 'pending', at: timestamp });
  }
  return said;
}

function statusOf(phases: Record<string, unknown>, phase: string): unknown {
  return lookUp(phases, [phase, 'status']).value;
}

/**
 * Finds phases that are `pending` in a state file but done according to its events or its other keys, which take
 * precedence: scripts of November 2025 wrote the wrong phase, and added phases to older files as all pending. In files
 * with correct phases, a pending phase was reset, and its events say so.
 */
export function phaseEvidence(data: LegacyMap, entries: readonly Value[]): DerivedValue[] {
  const phases = data['phases'];
  if (!isMap(phases)) return [];
  const said = saidByEvents(entries);
  const isUntouched = Object.keys(phases).every(
    (phase) => phase === WRITTEN_BY_MISTAKE || statusOf(phases, phase) === 'pending',
  );
  return Object.keys(phases).flatMap((phase) => {
    if (statusOf(phases, phase) !== 'pending') return [];
    const path = ['deployment', 'phases', phase, 'status'];
    const derived = (because: string): DerivedValue[] => [
      { path, file: 'pending', value: 'completed', because },
    ];
    const event = said.get(phase);
    if (event?.status === 'completed') return derived(`the event phase_completed of ${String(event.at)}`);
    const [key, value] = DONE[phase] ?? [];
    const isDone = key !== undefined && (data[key] === value || data[key] === String(value));
    return isUntouched && event === undefined && isDone ? derived(`${key}: ${String(value)}`) : [];
  });
}

/** The warning about a derived value. */
export function derivedWarning({ path, file, value, because }: DerivedValue): string {
  return `${formatStatePath(path)} is ${String(file)} in the file, but ${because} says otherwise: taken as ${String(value)}`;
}

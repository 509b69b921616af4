import type { Changes, ScriptCall } from './script-call.js';
import type { ScriptFunction } from './script-functions.js';
import { parseYqTarget, unescapeYq } from './yq-path.js';

const REASON = 'Component not enabled';
const normal = (name: string) => name.replaceAll('-', '_');

/** The changes that set the status of a phase. */
function marked(call: ScriptCall, phase: string, fields: Readonly<Record<string, string>>): Changes {
  const path = parseYqTarget(`phases.${phase}`) ?? ['phases', phase];
  return [
    ...Object.entries({ ...fields, updated_at: call.time }).map(
      ([key, value]) => [[...path, key], value] as const,
    ),
    [['last_updated'], call.time],
  ];
}

async function status(call: ScriptCall): Promise<string> {
  if ((await call.state.data()) === null) return 'pending';
  const path = parseYqTarget(`phases.${normal(call.arg(0))}.status`);
  const found = path === null ? '' : await call.state.print(path);
  return found === 'null' ? 'pending' : found;
}

/** The functions of the scripts for phases. */
export const PHASE_FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  phase_status: async (call) => ({ out: await status(call) }),
  phase_mark_in_progress: async (call) => {
    const phase = normal(call.arg(0));
    await call.change([...marked(call, phase, { status: 'in_progress' }), [['phase'], phase]]);
    return {};
  },
  phase_mark_completed: async (call) => {
    const phase = normal(call.arg(0));
    const entry = call.entry('phase_completed', `Phase completed: ${phase}`, phase);
    await call.change([...marked(call, phase, { status: 'completed' }), [['phase'], phase]], entry);
    return {};
  },
  phase_mark_pending: async (call) => {
    await call.change(marked(call, normal(call.arg(0)), { status: 'pending' }));
    return {};
  },
  phase_mark_skipped: async (call) => {
    const phase = normal(call.arg(0));
    const reason = unescapeYq(call.arg(1) || REASON);
    const entry = call.entry('phase_skipped', `Phase skipped: ${phase} - ${reason}`, phase);
    await call.change(marked(call, phase, { status: 'skipped', skipped_reason: reason }), entry);
    return {};
  },
  /** Arguments: the phase, then all phases in order. */
  phase_reset_from: async (call) => {
    const phase = normal(call.arg(0));
    const sequence = call.args.slice(1);
    const first = sequence.indexOf(phase);
    if (first < 0) return { status: 1 };
    const pending = sequence.slice(first).flatMap((name) => marked(call, name, { status: 'pending' }));
    const entry = call.entry('phase_reset', `Phase reset invoked from: ${phase}`);
    await call.change([...pending, [['phase'], phase]], entry);
    return {};
  },
};

import { InvalidStateError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';
import { FILE_FUNCTIONS } from './file-functions.js';
import { PEER_FUNCTIONS } from './peer-functions.js';
import { PHASE_FUNCTIONS } from './phase-functions.js';
import type { ScriptCall } from './script-call.js';
import type { ScriptStateFile } from './script-state-file.js';
import { parseYqPath, parseYqTarget, typedValue, unescapeYq } from './yq-path.js';

/** The result of a call: its output without the last line end, undefined for none; and its exit status. */
export interface Answer {
  readonly out?: string;
  readonly status?: number;
}
export type ScriptFunction = (call: ScriptCall) => Promise<Answer>;

/** Prints a value as the scripts expect it: `null` if there is none. Throws InvalidStateError for an unreadable file. */
async function printed(call: ScriptCall, file: ScriptStateFile, text: string): Promise<Answer> {
  const path = parseYqPath(text);
  if (path !== null) return { out: await file.print(path) };
  await file.data();
  call.host.note(`${JSON.stringify(text)} is not a plain path, so it has no value`);
  return { out: 'null' };
}

function required(text: string) {
  const path = parseYqTarget(text);
  if (path !== null) return path;
  throw new InvalidStateError(`${JSON.stringify(text)} is not a plain path of the state`);
}

const STATE_FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  get_state: (call) => printed(call, call.state, call.arg(0)),
  update_state: async (call) => {
    await call.change([
      [required(call.arg(0)), typedValue(call.arg(1))],
      [['last_updated'], call.time],
    ]);
    return {};
  },
  add_event: async (call) => {
    const [action, message, phase] = [0, 1, 2].map((i) => unescapeYq(call.arg(i))) as [
      string,
      string,
      string,
    ];
    await call.change([[['last_updated'], call.time]], call.entry(action, message, phase));
    return {};
  },
  state_file_exists: async (call) => {
    const data = await call.state.data();
    if (data === null) return { status: 1 };
    if ((data['deployment_flags'] ?? null) === null)
      await call.change([[['deployment_flags'], { azure_children: false, kof: false }]]);
    return {};
  },
  complete_deployment: async (call) => {
    const entry = call.entry('deployment_completed', 'Full k0rdent deployment completed successfully');
    const phase = unescapeYq(call.arg(0) || 'completed');
    await call.change(
      [
        [['status'], 'completed'],
        [['phase'], phase],
        [['last_updated'], call.time],
      ],
      entry,
    );
    return {};
  },
  record_artifact: async (call) => {
    if ((await call.state.data()) === null) return { status: 1 };
    const path = required(`artifacts.${call.arg(0)}`);
    const metadata = call.arg(2);
    await call.change([
      [[...path, 'path'], unescapeYq(call.arg(1))],
      [[...path, 'updated_at'], call.time],
      ...(metadata === '' ? [] : [[[...path, 'metadata'], unescapeYq(metadata)] as const]),
      [['last_updated'], call.time],
    ]);
    return {};
  },
  update_vm_state: async (call) => {
    const [publicIp, privateIp, state] = [1, 2, 3].map((i) => unescapeYq(call.arg(i)));
    const entry = { public_ip: publicIp, private_ip: privateIp, state, last_checked: call.time };
    await call.change([
      [required(`vm_states.${call.arg(0)}`), entry],
      [['last_updated'], call.time],
    ]);
    return {};
  },
  get_vm_info: (call) => printed(call, call.state, `vm_states.${call.arg(0)}.${call.arg(1)}`),
  vm_lines: async (call) => {
    const states = await call.state.value(['vm_states']);
    if (!isMap(states)) return { out: '' };
    const lines = Object.entries(states).map(([host, vm]) => {
      const { state = '', public_ip: address = '' } = isMap(vm) ? vm : {};
      return `  ${host}: ${String(state)} (${String(address)})`;
    });
    return { out: lines.join('\n') };
  },
};

/**
 * Every function that a script may call, by name. Functions that print to the user or set script variables are in bash.
 */
export const SCRIPT_FUNCTIONS: ReadonlyMap<string, ScriptFunction> = new Map(
  Object.entries({ ...STATE_FUNCTIONS, ...PHASE_FUNCTIONS, ...PEER_FUNCTIONS, ...FILE_FUNCTIONS }),
);

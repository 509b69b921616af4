import { SecretError } from '../../errors.js';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment, legacySlug } from '../../model/subject/subject.js';
import { isMap } from '../../model/value/value.js';
import { MARKER } from '../export/exported-entry.js';
import { statePathOfKey } from '../parse/state-mapping.js';
import type { ScriptCall } from './script-call.js';
import type { ScriptFunction } from './script-functions.js';
import { parseYqTarget, unescapeYq } from './yq-path.js';

const FIRST_VM = 11;

function peer(host: string): StatePath {
  return parseYqTarget(`wireguard_peers.${host}`) ?? ['wireguard_peers', host];
}

/** Reads a value that the file may lack because it is secret: then that of the team, or of this machine. Throws SecretError. */
async function secret(call: ScriptCall, path: StatePath): Promise<string> {
  const found = await call.state.print(path);
  if (found !== 'null' && !MARKER.test(found)) return found;
  const name = await call.deployment();
  if (name === null) return found;
  const [key, ...rest] = path;
  const place = formatStatePath([...statePathOfKey('deployment-state', String(key)), ...rest]);
  const kept = await call.host.kept.value(deployment(legacySlug(name)), place, call.host.note);
  if (kept !== undefined) return String(kept);
  const owner = await call.state.value(path.slice(0, -1));
  // A peer without keys has no private key; one with a public key has its private key on some machine.
  if (!isMap(owner) || owner['public_key'] === undefined) return found;
  throw new SecretError(
    `${path.join('.')} is withheld: only the machine that made it has it, unless your team shares secrets: then fetch it with kgit sync`,
    {
      suggestions: ['Run the script there, or make the keys anew'],
    },
  );
}

/** The functions of the scripts for WireGuard. */
export const PEER_FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  assign_wireguard_ips: async (call) => {
    const network = await call.state.print(['config', 'wireguard_network']);
    const base = network.replace(/\.[^.]*$/, '');
    const hosts = call.args.flatMap((host, i) => [
      [[...peer(host), 'ip'], `${base}.${FIRST_VM + i}`] as const,
      [[...peer(host), 'role'], host.includes('controller') ? 'controller' : 'worker'] as const,
    ]);
    await call.change(
      [
        [['wireguard_peers'], {}],
        [['wireguard_peers', 'mylaptop', 'ip'], `${base}.1`],
        [['wireguard_peers', 'mylaptop', 'role'], 'hub'],
        ...hosts,
        [['last_updated'], call.time],
      ],
      call.entry('wireguard_ips_assigned', 'WireGuard IP addresses assigned to all hosts'),
    );
    return {};
  },
  update_wireguard_peer: async (call) => {
    const path = peer(call.arg(0));
    if (!(await call.holds(path))) return { status: 1 };
    await call.change([
      [[...path, 'private_key'], unescapeYq(call.arg(1))],
      [[...path, 'public_key'], unescapeYq(call.arg(2))],
      [[...path, 'keys_generated'], true],
      [[...path, 'keys_generated_at'], call.time],
      [['last_updated'], call.time],
    ]);
    return {};
  },
  get_wireguard_ip: async (call) => ({ out: await call.state.print([...peer(call.arg(0)), 'ip']) }),
  get_wireguard_private_key: async (call) => ({
    out: await secret(call, [...peer(call.arg(0)), 'private_key']),
  }),
  get_wireguard_public_key: async (call) => ({
    out: await call.state.print([...peer(call.arg(0)), 'public_key']),
  }),
  /** Prints one line `host address` for each peer that has an address. */
  peer_addresses: async (call) => {
    const lines: string[] = [];
    for (const host of await call.keys('wireguard_peers')) {
      const address = await call.state.print(['wireguard_peers', host, 'ip']);
      if (address !== 'null' && address !== '') lines.push(`${host} ${address}`);
    }
    return { out: lines.join('\n') };
  },
};

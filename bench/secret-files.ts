import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TIME = '2025-07-11T14:30:00Z';

/** The name of a WireGuard peer. */
export function peerName(index: number): string {
  return `vm${index}`;
}

function keyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = generateKeyPairSync('x25519');
  const raw = (der: Buffer) => der.subarray(-32).toString('base64');
  return {
    privateKey: raw(pair.privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: raw(pair.publicKey.export({ format: 'der', type: 'spki' })),
  };
}

/** Writes the legacy state of a deployment with this many WireGuard peers, with their private keys or without, into `folder/state`. */
export function writePeers(folder: string, peers: number, hasKeys: boolean): void {
  const state = join(folder, 'state');
  mkdirSync(state, { recursive: true });
  const peer = (_: unknown, i: number) => {
    const { privateKey, publicKey } = keyPair();
    const secret = hasKeys ? `    private_key: "${privateKey}"\n` : '';
    return `  ${peerName(i)}:\n    ip: "172.24.24.${i + 11}"\n    role: "worker"\n${secret}    public_key: "${publicKey}"\n`;
  };
  const head = `deployment_id: "k0rdent-bench"\ncreated_at: "${TIME}"\nlast_updated: "${TIME}"\n`;
  writeFileSync(
    join(state, 'deployment-state.yaml'),
    `${head}phase: "setup_network"\nstatus: "in_progress"\nwireguard_peers:\n${Array.from({ length: peers }, peer).join('')}`,
  );
}

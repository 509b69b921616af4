import type { StatePath } from '../../model/state/state-path.js';
import type { StateFamily } from '../read/legacy-family.js';

/** The top-level maps of state to which keys of deployment-state.yaml belong by prefix. */
const PREFIXED = ['kof', 'azure', 'aws'] as const;
const DEPLOYMENT = 'deployment';

/** The top-level map of all keys of a state file; absent if the key's prefix decides. */
const ROOTS: Partial<Record<StateFamily, string>> = { 'azure-state': 'azure', 'kof-state': 'kof' };

function withoutPrefix(root: string, key: string): string {
  const prefix = `${root}_`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

/**
 * The state path of a top-level key in a legacy state file. Every key of deployment-state.yaml has its own path;
 * `kof_x` and `x` of kof-state.yaml share one, and so may keys of two files.
 */
export function statePathOfKey(family: StateFamily, key: string): StatePath {
  const root = ROOTS[family];
  if (root !== undefined) return [root, withoutPrefix(root, key)];
  const prefixed = PREFIXED.find((name) => key.startsWith(`${name}_`));
  return prefixed ? [prefixed, withoutPrefix(prefixed, key)] : [DEPLOYMENT, key];
}

/**
 * The key of deployment-state.yaml for a state path. For the other state files, the importing event stores the keys in
 * `source.keys`.
 */
export function deploymentKeyOfPath([root, key]: StatePath): string {
  return root === DEPLOYMENT ? String(key) : `${root}_${key}`;
}

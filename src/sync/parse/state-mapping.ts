import type { StatePath } from '../../model/state/state-path.js';
import type { StateFamily } from '../read/legacy-family.js';

/** The top-level maps of state that the keys of deployment-state.yaml name by a prefix. */
const PREFIXED = ['kof', 'azure', 'aws'] as const;
const DEPLOYMENT = 'deployment';

/** The top-level map that all keys of a state file belong to; null where the key's prefix decides. */
const ROOTS: Partial<Record<StateFamily, string>> = { 'azure-state': 'azure', 'kof-state': 'kof' };

function withoutPrefix(root: string, key: string): string {
  const prefix = `${root}_`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

/**
 * The state path of a top-level key of a legacy state file. For deployment-state.yaml every key has a path
 * of its own; `kof_x` and `x` of kof-state.yaml share one, as keys of two files may.
 */
export function statePathOfKey(family: StateFamily, key: string): StatePath {
  const root = ROOTS[family];
  if (root !== undefined) return [root, withoutPrefix(root, key)];
  const prefixed = PREFIXED.find((name) => key.startsWith(`${name}_`));
  return prefixed ? [prefixed, withoutPrefix(prefixed, key)] : [DEPLOYMENT, key];
}

/**
 * The key of deployment-state.yaml that has this state path. The way back for the other state files is
 * the list of their keys, which the importing event keeps in `source.keys`.
 */
export function deploymentKeyOfPath([root, key]: StatePath): string {
  return root === DEPLOYMENT ? String(key) : `${root}_${key}`;
}

import { readObject, readString } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** A cluster that Sveltos cannot reach. */
export interface Unreachable {
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

/**
 * Reads a SveltosCluster that cannot be reached; null if it can, if it is paused, or if Sveltos has not tried yet. The
 * SveltosCluster of an adopted cluster has the same namespace and name.
 */
export function readUnreachable(item: unknown): Unreachable | null {
  const object = readObject(item);
  const metadata = readObject(object['metadata']);
  const status = readObject(object['status']);
  const namespace = readString(metadata['namespace']);
  const name = readString(metadata['name']);
  const failure = shownText(status['failureMessage']);
  const isPaused = readObject(object['spec'])['paused'] === true;
  if (namespace === null || name === null || isPaused) return null;
  if (status['connectionStatus'] !== 'Down' && (status['ready'] === true || failure === null)) return null;
  return { namespace, name, message: failure ?? 'k0rdent cannot reach it' };
}

import { availableParallelism } from 'node:os';
import { Sops } from '../secrets/sops.js';
import type { Settings } from './settings.js';
import type { Environment } from './this-host.js';

/** Opens the user's sops with what the settings allow; nothing is run yet. */
export function openSops(
  { secretKinds, timeout }: Pick<Settings, 'secretKinds' | 'timeout'>,
  environment: Environment,
): Sops {
  return new Sops({ environment, kinds: secretKinds, timeoutMs: timeout, parallel: availableParallelism() });
}

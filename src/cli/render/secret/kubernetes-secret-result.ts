import type { KubernetesSecret } from '../../../app/secret/kubernetes-secret.js';
import type { CommandResult } from '../../../terminal/output.js';

/** Builds the result of an export: the manifest as it is. */
export function kubernetesSecretResult({ manifest, keys }: KubernetesSecret): CommandResult {
  return {
    json: { manifest, keys },
    names: keys.map(({ key }) => key),
    isExact: true,
    lines: () => [manifest.trimEnd()],
  };
}

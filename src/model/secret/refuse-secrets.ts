import { SecretError } from '../../errors.js';
import type { SecretFinding } from './find-secrets.js';

/** How many findings the message names; `data` has all. */
const MAX_NAMED = 5;

function describe({ path, what, where }: SecretFinding): string {
  const place = where === 'value' ? path || 'the text' : `the ${where} ${path}`.trimEnd();
  return `${place} looks like a secret (${what})`;
}

const ADVICE = [
  'Store it in a secret manager or a Kubernetes Secret and record its name here',
  'Add --allow-secret REASON to record it anyway; the reason is recorded with it',
];

/** Throws SecretError (exit 19) if there are findings. It gives paths, kinds and advice, never the secret. */
export function refuseSecrets(
  findings: readonly SecretFinding[],
  suggestions: readonly string[] = ADVICE,
): void {
  if (findings.length === 0) return;
  const named = findings.slice(0, MAX_NAMED).map(describe);
  const more = findings.length > MAX_NAMED ? `, and ${findings.length - MAX_NAMED} more` : '';
  throw new SecretError(`refused, git history is kept forever: ${named.join('; ')}${more}`, {
    suggestions,
    data: { findings },
  });
}

import { resolve } from 'node:path';
import { readAtMost } from '../../store/local/durable-files.js';
import type { SecretPlace } from '../config/notify-config.js';

const MAX_BYTES = 4096;

/** Where secrets are looked up. */
export interface SecretSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder at which relative paths start. */
  readonly cwd: string;
}

/** A secret, or why there is none. */
export type SecretValue = { readonly value: string } | { readonly problem: string };

/** Reads a secret anew, so that one that was replaced counts at the next try. What is wrong never holds the secret. */
export async function secretValue(
  place: SecretPlace,
  { environment, cwd }: SecretSource,
): Promise<SecretValue> {
  if ('env' in place) {
    const value = environment[place.env]?.trim();
    return value ? { value } : { problem: `the variable ${place.env} is not set` };
  }
  const path = resolve(cwd, place.file);
  try {
    const bytes = await readAtMost(path, MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) return { problem: `${path} is larger than ${MAX_BYTES} bytes` };
    const value = bytes.toString('utf8').split(/\r?\n/, 1)[0]?.trim();
    return value ? { value } : { problem: `${path} is empty` };
  } catch {
    // The reason of the system may repeat nothing but the path.
    return { problem: `${path} cannot be read` };
  }
}

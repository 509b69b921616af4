import { resolve } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { readAtMost } from '../../store/local/durable-files.js';

const MAX_SECRET_BYTES = 4096;
const MAX_PEM_BYTES = 1024 * 1024;

async function readBounded(path: string, cwd: string, option: string, most: number): Promise<string> {
  const full = resolve(cwd, path);
  let bytes: Uint8Array;
  try {
    bytes = await readAtMost(full, most + 1);
  } catch (cause) {
    throw new EnvironmentError(`${option}: ${full} cannot be read`, {
      cause,
      suggestions: ['Check the path and the permissions of the file'],
      data: { option, path: full },
    });
  }
  if (bytes.length > most)
    throw new EnvironmentError(`${option}: ${full} is larger than ${most} bytes`, {
      suggestions: ['Name a file that holds nothing else'],
      data: { option, path: full },
    });
  return Buffer.from(bytes).toString('utf8');
}

/**
 * Returns a password: `literal`, else the first line of the file. Undefined if neither gives one. Throws
 * EnvironmentError.
 * @param option name of the option that names the file, for messages
 */
export async function readSecret(
  literal: string | undefined,
  path: string | undefined,
  cwd: string,
  option: string,
): Promise<string | undefined> {
  if (literal) return literal;
  if (!path) return undefined;
  return (await readBounded(path, cwd, option, MAX_SECRET_BYTES)).split(/\r?\n/, 1)[0] || undefined;
}

/** Certificates and key for TLS, as PEM. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the files of TLS; null if the options name none. Throws EnvironmentError. */
export async function readTlsFiles(
  paths: { readonly [K in 'tls.ca' | 'tls.cert' | 'tls.key']: string | undefined },
  cwd: string,
  driver: string,
): Promise<TlsFiles | null> {
  const read: Record<string, string> = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = paths[`tls.${name}`];
    if (path) read[name] = await readBounded(path, cwd, `${driver}.tls.${name}`, MAX_PEM_BYTES);
  }
  if ((read['cert'] === undefined) !== (read['key'] === undefined))
    throw new EnvironmentError(`${driver}.tls: a client certificate needs cert and key`, {
      suggestions: ['Set both, or neither'],
    });
  return Object.keys(read).length > 0 ? read : null;
}

import { InvalidStateError } from '../../errors.js';
import { isMap, isValue, type Value } from '../value/value.js';
import { escapedJson } from '../yaml/escaped-text.js';
import { parseYaml } from '../yaml/yaml.js';
import { type Recipient, recipientsOfFile } from './recipients.js';

/** Largest file of a secret, in bytes. */
export const MAX_SECRET_BYTES = 1024 * 1024;
/** The only part of the document that sops encrypts: the path stays readable, and is under the MAC. */
export const ENCRYPTED_REGEX = '^value$';
/** How sops writes an encrypted value. */
const SEALED = /^ENC\[AES256_GCM,data:[A-Za-z0-9+/=]+,iv:[A-Za-z0-9+/=]+,tag:[A-Za-z0-9+/=]+,type:str\]$/;

/** What can be told about the file of a secret without a key. */
export interface SealedSecret {
  readonly path: string;
  readonly recipients: readonly Recipient[];
  /**
   * The same document as JSON, which is YAML too: sops is given this, and not the text of the file, in which another reader of
   * YAML might see other recipients.
   */
  readonly document: string;
}

/**
 * The document of a secret before it is encrypted, as JSON, which is YAML too. Anything but a text becomes one, as JSON: sops
 * would leave the keys of a mapping, an empty text and null readable.
 */
export function clearDocument(path: string, value: Value): string {
  const isText = typeof value === 'string' && value !== '';
  return escapedJson(isText ? { path, value } : { path, format: 'json', value: JSON.stringify(value) });
}

/** The value of a decrypted document. Throws InvalidStateError if it is of another path, or none. */
export function clearValue(document: unknown, path: string, file: string): Value {
  if (!isMap(document) || document['path'] !== path || typeof document['value'] !== 'string')
    throw broken(file, 'it is no secret of this path');
  const { format = 'text', value } = document;
  if (format === 'text') return value as string;
  if (format !== 'json') throw broken(file, 'its format is not known to this version');
  const parsed = parsedJson(value as string);
  if (!isValue(parsed)) throw broken(file, 'its value is not valid');
  return parsed;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would repeat a part of the value.
    return undefined;
  }
}

const KEYS: readonly string[] = ['path', 'value', 'format', 'sops'];

/**
 * Reads the file of a secret without decrypting it. Throws InvalidStateError if anything in it is readable that should not be,
 * or sops would treat it otherwise than kgit expects.
 */
export function parseSealedSecret(text: string, file: string): SealedSecret {
  if (Buffer.byteLength(text) > MAX_SECRET_BYTES) throw broken(file, 'it is larger than a secret may be');
  const data: unknown = parseYaml(text, file);
  if (!isMap(data)) throw broken(file, 'it is no mapping');
  const other = Object.keys(data).find((key) => !KEYS.includes(key));
  if (other !== undefined) throw broken(file, 'it has keys other than path, value, format and sops');
  const { path, value, format, sops } = data;
  if (typeof path !== 'string' || path === '') throw broken(file, 'it has no path');
  if (typeof value !== 'string' || !SEALED.test(value)) throw broken(file, 'its value is not encrypted');
  if (format !== undefined && format !== 'json')
    throw broken(file, 'its format is not known to this version');
  const recipients = recipientsOfFile(sops, file);
  if (recipients.length === 0) throw broken(file, 'it names no recipient');
  if (isMap(sops) && sops['encrypted_regex'] !== ENCRYPTED_REGEX)
    throw broken(file, `its encrypted_regex is not ${ENCRYPTED_REGEX}`);
  return { path, recipients, document: escapedJson(data) };
}

function broken(file: string, why: string): InvalidStateError {
  return new InvalidStateError(`${file}: ${why}`, {
    data: { path: file },
    suggestions: [`Write the secret anew: kgit set --secret PATH=-`],
  });
}

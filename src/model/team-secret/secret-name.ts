import { createHash } from 'node:crypto';
import { subjectFolder } from '../subject/layout.js';
import { isDeviceName, type Subject } from '../subject/subject.js';

/** The file in which sops, and kgit, find for whom to encrypt. */
export const SOPS_FILE = '.sops.yaml';
/** The folder of a subject's secrets, below that of the subject. */
export const SECRETS = 'secrets';
/** What the name of a secret's file ends with; sops knows the format by it. */
export const SECRET_SUFFIX = '.sops.yaml';
/** Longest stem of a file name, in bytes: with the suffix and what a checkout adds, it fits into 255. */
const MAX_STEM = 200;
const HASH_DIGITS = 16;

const BYTE = /%([0-9a-f]{2})/g;

/**
 * The name of the file that holds the secret at a path: `wireguard.private_key.sops.yaml`. What is not `a-z`, `0-9`, `_`, `-`
 * or `.` is percent-encoded, capitals too, so that two names never meet in a file system without case. A path that is too
 * long is cut, and ends with a hash of the whole.
 */
export function secretFileName(path: string): string {
  const encoded = encode(path);
  if (encoded.length <= MAX_STEM) return encoded + SECRET_SUFFIX;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, HASH_DIGITS);
  return `${encoded.slice(0, MAX_STEM - HASH_DIGITS - 2)}%%${hash}${SECRET_SUFFIX}`;
}

function encode(path: string): string {
  const text = [...Buffer.from(path)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[a-z0-9._-]/.test(char) ? char : percent(byte);
    })
    .join('');
  // A shell takes a leading hyphen for an option and hides a leading dot; Windows takes some names for devices.
  const isUnfit = /^[.-]/.test(text) || isDeviceName(text);
  return isUnfit ? percent(text.charCodeAt(0)) + text.slice(1) : text;
}

function percent(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

/** The path that the name of a secret's file stands for; null for another name, and for one that was cut. */
export function pathOfSecretFile(name: string): string | null {
  if (!name.endsWith(SECRET_SUFFIX)) return null;
  const stem = name.slice(0, -SECRET_SUFFIX.length);
  if (stem.includes('%%')) return null;
  const path = Buffer.from(
    stem.replace(BYTE, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  ).toString();
  return secretFileName(path) === name ? path : null;
}

/** The folder that holds the secrets of a subject. */
export function secretsFolder(subject: Subject): string {
  return `${subjectFolder(subject)}/${SECRETS}`;
}

/** The file that holds the secret of a subject at a path. */
export function secretFile(subject: Subject, path: string): string {
  return `${secretsFolder(subject)}/${secretFileName(path)}`;
}

import { createHash } from 'node:crypto';
import { UsageError } from '../../errors.js';
import { lockName } from '../lease/lock-name.js';

/** A deployment: what the team's scripts set up; kgit owns its state and its history. */
export interface DeploymentSubject {
  readonly kind: 'deployment';
  readonly id: string;
}
/** A cluster that k0rdent manages: kgit owns its history alone. */
export interface ClusterSubject {
  readonly kind: 'cluster';
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
}
/** A lock: the repository records when somebody ends another's lease. */
export interface LockSubject {
  readonly kind: 'lock';
  readonly name: string;
}
/** A k0rdent management cluster: the repository records when somebody identifies it. */
export interface ManagementSubject {
  readonly kind: 'management';
  readonly name: string;
}
export type Subject = DeploymentSubject | ClusterSubject | LockSubject | ManagementSubject;

/** The default management cluster. */
export const DEFAULT_MANAGEMENT = 'default';
/** The default namespace of clusters: k0rdent's system namespace. */
export const DEFAULT_NAMESPACE = 'kcm-system';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_MAX = 253;

/** DNS-1123 label (RFC 1123): management and namespace. */
export function isLabel(name: string): boolean {
  return LABEL.test(name);
}

/** DNS-1123 subdomain (RFC 1123): cluster name and deployment id. */
export function isSubdomain(name: string): boolean {
  return name.length <= SUBDOMAIN_MAX && SUBDOMAIN.test(name);
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

function checkLabel(name: string, what: string): void {
  if (isLabel(name)) return;
  throw new UsageError(
    `${what} ${shown(name)} is not a DNS-1123 label: at most 63 characters of a-z, 0-9 and '-', beginning and ending with a letter or digit`,
    { data: { value: name.slice(0, 300), rule: 'dns-1123-label' } },
  );
}

function checkSubdomain(name: string, what: string): void {
  if (isSubdomain(name)) return;
  throw new UsageError(
    `${what} ${shown(name)} is not a DNS-1123 subdomain: at most 253 characters of a-z, 0-9, '-' and '.', each part beginning and ending with a letter or digit`,
    { data: { value: name.slice(0, 300), rule: 'dns-1123-subdomain' } },
  );
}

/** Makes a deployment subject; throws UsageError if `id` is not a valid name. */
export function deployment(id: string): DeploymentSubject {
  checkSubdomain(id, 'deployment id');
  return { kind: 'deployment', id };
}

/** Makes a cluster subject; throws UsageError if a part is not a valid name. */
export function cluster(management: string, namespace: string, name: string): ClusterSubject {
  checkLabel(management, 'management');
  checkLabel(namespace, 'namespace');
  checkSubdomain(name, 'cluster name');
  return { kind: 'cluster', management, namespace, name };
}

/** Why nothing can be recorded for a cluster of this name, from whatever source; null if it can. */
export function clusterNameFault(management: string, namespace: string, name: string): string | null {
  try {
    cluster(management, namespace, name);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** Makes a lock subject; throws UsageError if `name` is not a valid lock name. */
export function lockSubject(name: string): LockSubject {
  return { kind: 'lock', name: lockName(name) };
}

/** Makes a management cluster subject; throws UsageError if `name` is not a valid name. */
export function managementSubject(name: string): ManagementSubject {
  checkLabel(name, 'management');
  return { kind: 'management', name };
}

/** `deployment/<id>`, `cluster/<management>/<namespace>/<name>`, `lock/<name>` or `management/<name>`. */
export function formatSubject(subject: Subject): string {
  if (subject.kind === 'lock' || subject.kind === 'management') return `${subject.kind}/${subject.name}`;
  return subject.kind === 'deployment'
    ? `deployment/${subject.id}`
    : `cluster/${subject.management}/${subject.namespace}/${subject.name}`;
}

export interface SubjectDefaults {
  readonly management?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * Parses `[[MANAGEMENT/]NAMESPACE/]NAME`; missing parts come from `defaults`.
 * Throws UsageError for more than three parts or an invalid name.
 */
export function parseCluster(text: string, defaults: SubjectDefaults = {}): ClusterSubject {
  const parts = text.split('/');
  const name = parts.pop() ?? '';
  const namespace = parts.pop() ?? defaults.namespace ?? DEFAULT_NAMESPACE;
  const management = parts.pop() ?? defaults.management ?? DEFAULT_MANAGEMENT;
  if (parts.length > 0) {
    throw new UsageError(`cluster ${shown(text)} has too many parts`, {
      suggestions: ['Name it [[MANAGEMENT/]NAMESPACE/]NAME, for example kcm-system/prod-eu-1'],
    });
  }
  return cluster(management, namespace, name);
}

/**
 * `deployment/<id>`, `cluster/[[<management>/]<namespace>/]<name>`, `lock/<name>` or `management/<name>`.
 * Throws UsageError for any other text.
 */
export function parseSubject(text: string, defaults: SubjectDefaults = {}): Subject {
  const slash = text.indexOf('/');
  const kind = text.slice(0, Math.max(slash, 0));
  const rest = text.slice(slash + 1);
  if (kind === 'deployment') return deployment(rest);
  if (kind === 'cluster') return parseCluster(rest, defaults);
  if (kind === 'lock') return lockSubject(rest);
  if (kind === 'management') return managementSubject(rest);
  throw new UsageError(`${shown(text)} is not a subject`, {
    suggestions: ['Name a subject deployment/<id> or cluster/<management>/<namespace>/<name>'],
    data: { value: text.slice(0, 300) },
  });
}

/** Compares subjects for lists: by kind, then part by part. */
export function compareSubjects(a: Subject, b: Subject): number {
  const left = formatSubject(a);
  const right = formatSubject(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/;

/** Whether Windows takes a lower-case name for a device, so that no file or folder may have it. */
export function isDeviceName(name: string): boolean {
  return WINDOWS_DEVICE.test(name);
}

function namesOf(subject: DeploymentSubject | ClusterSubject | ManagementSubject): readonly string[] {
  if (subject.kind === 'deployment') return [subject.id];
  return subject.kind === 'cluster' ? [subject.management, subject.namespace, subject.name] : [subject.name];
}

/** The part of a subject that cannot be a folder name on Windows; null if all can. */
export function unfitForWindows(subject: Subject): string | null {
  if (subject.kind === 'lock') return null;
  return namesOf(subject).find(isDeviceName) ?? null;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const SLUG_HASH_DIGITS = 10;
const SLUG_STEM = 40;

function hashDigits(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  let digits = '';
  let bits = 0n;
  for (const byte of bytes.subarray(0, 7)) bits = (bits << 8n) | BigInt(byte);
  for (let i = 0; i < SLUG_HASH_DIGITS; i++) digits += BASE32[Number((bits >> BigInt(51 - 5 * i)) & 31n)];
  return digits;
}

/**
 * The name under which a legacy name is kept: itself if it is valid, else a slug,
 * `--` and 10 base-32 digits (RFC 4648, lower case) of its SHA-256, so that two names never share a slug.
 */
export function legacySlug(name: string): string {
  if (isSubdomain(name)) return name;
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_STEM)
    .replace(/^-+|-+$/g, '');
  return `${stem || 'x'}--${hashDigits(name)}`;
}

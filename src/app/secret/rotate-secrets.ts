import { ConflictError, InvalidStateError, NotFoundError, SecretError } from '../../errors.js';
import { makeEvent } from '../../model/operation/make-operation.js';
import type { EventWrite, SecretWrites } from '../../model/operation/operation.js';
import { formatStatePath, parseStatePath } from '../../model/state/state-path.js';
import { deployment, formatSubject, type Subject } from '../../model/subject/subject.js';
import { formatRecipient, type Recipient, sameRecipients } from '../../model/team-secret/recipients.js';
import { SOPS_FILE, secretFile } from '../../model/team-secret/secret-name.js';
import { counted } from '../../model/value/counted.js';
import type { Sops } from '../../secrets/sops.js';
import { openSops } from '../../setup/open-sops.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { targetDeployment } from '../write/change-state.js';
import { writeOperation } from '../write/submit.js';
import type { GivenFields } from '../write/write-events.js';
import type { Writing } from '../write/writing.js';
import { type StoredSecret, type StoredSecrets, storedSecrets } from './stored-secrets.js';
import { sharedWith, TeamValues } from './team-values.js';

/** Largest number of secrets that one run encrypts again, as one operation. */
const MAX_ROTATED = 200;
/** How often it begins anew after somebody else changed a secret or the recipients. */
const TRIES = 3;

/** Which secrets are rotated. */
export interface RotationIntent {
  /** As a user names it; all deployments and clusters if it is left out and no path is named. */
  readonly deployment?: string | undefined;
  /** Those that are out of date if none is named. */
  readonly paths: readonly string[];
  readonly fields: GivenFields;
}

/** What a rotation did. */
export interface Rotation {
  readonly rotated: readonly StoredSecret[];
  readonly recipients: readonly Recipient[];
  /** How many secrets are encrypted for today's recipients already. */
  readonly current: number;
  /** How many are left for another run. */
  readonly remaining: number;
  /** Why files were left as they are, one message each: their secrets cannot be known, or they were changed without a key. */
  readonly left: readonly string[];
  /** Null if nothing was to be done. */
  readonly outcome: WriteOutcome | null;
}

/**
 * Encrypts secrets again, for today's recipients, with the user's key; all as one operation. What somebody else changes meanwhile
 * stays as it is.
 * Throws SecretError if the team shares none or the user has no key, NotFoundError for a path without a secret; then as `submit`.
 */
export async function rotateSecrets(writing: Writing, intent: RotationIntent): Promise<Rotation> {
  const { opened, settings, environment } = writing;
  const sops = openSops(settings, environment);
  const values = new TeamValues(sops);
  let { reading } = writing;
  for (let tries = 1; ; tries++) {
    try {
      return await rotateOnce({ ...writing, reading }, intent, { sops, values });
    } catch (error) {
      if (!(error instanceof ConflictError) || tries === TRIES) throw error;
      reading = await opened.repository.read({ olderThan: 0 }, settings.timeout);
    }
  }
}

async function rotateOnce(
  writing: Writing,
  intent: RotationIntent,
  { sops, values }: { readonly sops: Sops; readonly values: TeamValues },
): Promise<Rotation> {
  const { view } = writing.reading;
  const recipients = (await sharedWith(view)) ?? [];
  const { secrets: found, broken } = await wanted(writing, intent);
  const isDue = (secret: StoredSecret) =>
    intent.paths.length > 0 || !sameRecipients(secret.recipients, recipients);
  const due = found.filter(isDue);
  const left = [...broken];
  let rotated: readonly StoredSecret[] = [];
  let seen = 0;
  while (rotated.length === 0 && seen < due.length) {
    sops.refuseKinds(recipients, SOPS_FILE);
    rotated = await unaltered(due.slice(seen, seen + MAX_ROTATED), values, left);
    seen += MAX_ROTATED;
  }
  const counts = { current: found.length - due.length, remaining: Math.max(0, due.length - seen), left };
  if (rotated.length === 0) return { rotated, recipients, ...counts, outcome: null };
  const events: EventWrite[] = [];
  const secrets: SecretWrites[] = [];
  for (const [subject, own] of bySubject(rotated)) {
    const event = makeEvent({ ...intent.fields, action: 'secrets_rotated' }, writing.writer);
    events.push({ subject, event });
    secrets.push(await encryptedAnew(writing, { subject, own, event: event.id, recipients }, values));
  }
  const outcome = await writeOperation(writing, events, { secrets }, true);
  return { rotated, recipients, ...counts, outcome };
}

/**
 * The secrets without those that somebody changed without a key: everybody who can write could stop a rotation otherwise.
 * @param left gets why the others are left as they are
 */
async function unaltered(
  secrets: readonly StoredSecret[],
  values: TeamValues,
  left: string[],
): Promise<readonly StoredSecret[]> {
  const altered = new Set<StoredSecret>();
  const check = async (secret: StoredSecret) => {
    try {
      await values.decrypt(secret.text, secret);
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      altered.add(secret);
      left.push(error.message);
    }
  };
  // Without a key for the first, none of the others is tried that has the same recipients.
  const [first, ...others] = secrets;
  if (first) await check(first);
  await Promise.all(others.map(check));
  return secrets.filter((secret) => !altered.has(secret));
}

/** The secrets that the user named. */
async function wanted(
  writing: Writing,
  { deployment: named, paths }: RotationIntent,
): Promise<StoredSecrets> {
  const isAll = named === undefined && paths.length === 0;
  const subject = isAll ? null : deployment(await targetDeployment(writing, { deployment: named }));
  const { view } = writing.reading;
  const stored = await storedSecrets(view, subject && [subject]);
  if (subject === null || paths.length === 0) return stored;
  const secrets = paths.map((text) => {
    const path = formatStatePath(parseStatePath(text));
    const secret = stored.secrets.find((one) => one.path === path || one.path === text);
    if (secret) return secret;
    throw new NotFoundError(`${formatSubject(subject)} has no secret ${path}`, {
      suggestions: [`See what it has: kgit get --deployment ${subject.id}`],
      data: { path, subject: formatSubject(subject) },
    });
  });
  return { secrets, broken: [] };
}

function bySubject(secrets: readonly StoredSecret[]): readonly [Subject, readonly StoredSecret[]][] {
  const found = new Map<string, [Subject, StoredSecret[]]>();
  for (const secret of secrets) {
    const name = formatSubject(secret.subject);
    const [, own] = found.get(name) ?? [];
    if (own) own.push(secret);
    else found.set(name, [secret.subject, [secret]]);
  }
  return [...found.values()];
}

async function encryptedAnew(
  { reading: { view } }: Writing,
  {
    subject,
    own,
    event,
    recipients,
  }: {
    readonly subject: Subject;
    readonly own: readonly StoredSecret[];
    readonly event: string;
    readonly recipients: readonly Recipient[];
  },
  values: TeamValues,
): Promise<SecretWrites> {
  const files = new Map(own.map(({ path }) => [path, secretFile(subject, path)]));
  const read = await values.read(view, files);
  const locked = own.filter(({ path }) => read.locked.includes(path));
  if (locked.length > 0) throw noKeys(subject, locked, recipients);
  const writes = await values.seal(view, subject, event, read.values);
  const seen = new Map(own.map(({ path, text }) => [path, text]));
  return {
    ...writes,
    files: writes.files.map((file) => ({ ...file, seen: seen.get(file.path) ?? null })),
  };
}

/** The refusal for somebody without a key; it names those who have one for all of the secrets. */
function noKeys(subject: Subject, locked: readonly StoredSecret[], today: readonly Recipient[]): SecretError {
  const [first, ...others] = locked.map(({ recipients }) => new Set(recipients.map(formatRecipient)));
  const able = [...(first ?? [])].filter((one) => others.every((set) => set.has(one)));
  const team = new Set(today.map(formatRecipient));
  const asked = [...able.filter((one) => team.has(one)), ...able.filter((one) => !team.has(one))].slice(0, 5);
  return new SecretError(
    `${counted(locked.length, 'secret')} of ${formatSubject(subject)} cannot be rotated: you have no key for ${locked.length === 1 ? 'it' : 'them'}`,
    {
      suggestions: [
        asked.length > 0
          ? `Ask one of these to run kgit secrets rotate: ${asked.join(', ')}`
          : 'Name the secrets that you have a key for: kgit secrets rotate PATH…',
        'Or name your key: export SOPS_AGE_KEY_FILE=~/.config/sops/age/keys.txt',
      ],
      data: {
        cause: 'no-key',
        subject: formatSubject(subject),
        paths: locked.map(({ path }) => path),
        recipients: asked,
      },
    },
  );
}

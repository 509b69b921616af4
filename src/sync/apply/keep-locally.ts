import type { Operation } from '../../model/operation/operation.js';
import { formatSubject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import { type ImportedFileRecord, ImportedFiles } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import type { StateView } from '../../store/port/state-store.js';
import { claimedSecrets, ownKeyOf } from '../plan/claimed-secrets.js';
import { secretsEvent } from '../plan/import-operation.js';
import type { ImportedFile, ImportPlan } from '../plan/import-plan.js';
import { recordStands } from '../plan/import-stands.js';
import { recordOf } from '../plan/last-imported.js';
import { type PlannedSecrets, secretName } from '../plan/plan-secrets.js';
import type { ParsedFile } from '../read/parsed-file.js';
import { forgetPublished } from './forget-published.js';

/** A plan that was carried out, and the operations of its parts. */
export interface TakenIn {
  readonly plan: ImportPlan;
  readonly operations: readonly Operation[];
}

type Reread = () => Promise<Pick<Reading, 'view' | 'pending'>>;

/** The event that records what is new in a file, or, for a state file, its state or secrets; undefined if nothing is new. */
function carrierOf(
  { deployment, subject, state }: ParsedFile,
  row: ImportedFile | undefined,
  { plan, operations }: TakenIn,
): ImportedFileRecord['carrier'] {
  const isState = state !== null;
  const { set: secrets = 0 } = row?.secrets ?? {};
  if (!row || (isState ? row.state.set : row.events.new) + secrets === 0) return undefined;
  const operation = operations[plan.parts.findIndex((part) => part.deployment === deployment)];
  if (operation === undefined) return undefined;
  const id = isState
    ? (operation.change?.event ?? (subject && secretsEvent(operation, subject)))
    : operation.events[0]?.event.id;
  const write = operation.events.find(({ event }) => event.id === id);
  return write && { subject: formatSubject(write.subject), id: write.event.id };
}

/** The encrypted texts that hold the secrets of each file, by the names in its record. */
function sealedTexts(parsed: readonly ParsedFile[], { plan, operations }: TakenIn) {
  const texts = new Map(plan.shared?.equal);
  for (const { subject, files } of operations.flatMap(({ secrets = [] }) => secrets))
    for (const { path, text } of files) if (text !== null) texts.set(secretName(subject, path), text);
  const claims = new Map(
    claimedSecrets(parsed).flatMap((of) =>
      [...of.claims].map(([key, { value }]) => [secretName(of.subject, key), value] as const),
    ),
  );
  return ({ secrets, state }: ParsedFile): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const secret of state === null ? [] : secrets) {
      const { subject, key, value } = secret;
      const name = secretName(subject, key);
      const holder = sameValue(claims.get(name), value) ? name : secretName(subject, ownKeyOf(secret));
      const text = texts.get(holder);
      if (text !== undefined) found.set(ownKeyOf(secret), text);
    }
    return found;
  };
}

/**
 * Stores what stays on this machine after an import: the content of the files when they were imported, and their secrets unless
 * the team shares them.
 */
export function keepLocally(
  folder: string,
  parsed: readonly ParsedFile[],
): {
  secrets(): Promise<void>;
  /** @param reread reads the repository as it is after the import */
  files(view: StateView, taken: TakenIn, reread: Reread): Promise<void>;
} {
  const sound = parsed.filter(({ error }) => error === null);
  const values = new WithheldValues(folder);
  const forgetShared = async ({ kept, removed }: PlannedSecrets, reread: Reread) => {
    const subjects = claimedSecrets(parsed);
    for (const { subject, claims } of subjects) {
      const isGone = (key: string) =>
        claims.has(key) ? claims.get(key)?.value === undefined : removed.has(secretName(subject, key));
      const gone = [...(await values.all(subject)).keys()].filter(isGone);
      await values.forget(subject, new Set(gone));
      await values.put(subject, kept.get(formatSubject(subject)) ?? new Map());
    }
    await forgetPublished(
      values,
      subjects.map(({ subject }) => subject),
      reread,
    );
  };
  return {
    async secrets() {
      for (const { subject, claims } of claimedSecrets(parsed))
        await values.put(subject, new Map([...claims].map(([key, { value }]) => [key, value])));
    },
    async files(view, taken, reread) {
      const files = new ImportedFiles(folder, recordStands(view));
      const sealedIn = sealedTexts(parsed, taken);
      for (const file of sound) {
        const { place } = file.file;
        const before = place === null || taken.plan.shared === null ? null : await files.last(place);
        const record = recordOf(file, { ...before?.sealed, ...Object.fromEntries(sealedIn(file)) });
        const carrier = carrierOf(file, taken.plan.files[parsed.indexOf(file)], taken);
        if (record && file.family !== 'unknown') await files.note(carrier ? { ...record, carrier } : record);
      }
      const { shared } = taken.plan;
      if (shared !== null) await forgetShared(shared, reread);
    },
  };
}

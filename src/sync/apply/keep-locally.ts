import type { Operation } from '../../model/operation/operation.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { sameValue, type Value } from '../../model/value/value.js';
import { type ImportedFileRecord, ImportedFiles } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import type { ImportedFile, ImportPlan } from '../plan/import-plan.js';
import { recordStands } from '../plan/import-stands.js';
import { recordOf } from '../plan/last-imported.js';
import type { ParsedFile } from '../read/parsed-file.js';

/** A plan that was carried out, and the operations of its parts. */
export interface TakenIn {
  readonly plan: ImportPlan;
  readonly operations: readonly Operation[];
}

/** The event that records what is new in a file, or, for a state file, its state; undefined if nothing is new. */
function carrierOf(
  { deployment, state }: ParsedFile,
  row: ImportedFile | undefined,
  { plan, operations }: TakenIn,
): ImportedFileRecord['carrier'] {
  const isState = state !== null;
  if (!row || (isState ? row.state.set : row.events.new) === 0) return undefined;
  const operation = operations[plan.parts.findIndex((part) => part.deployment === deployment)];
  const write = operation?.events.find(({ event }) => !isState || event.id === operation.change?.event);
  return write && { subject: formatSubject(write.subject), id: write.event.id };
}

/**
 * Stores what stays on this machine after an import: the secrets, and the content of the files when they were imported.
 */
export function keepLocally(
  folder: string,
  parsed: readonly ParsedFile[],
): { secrets(): Promise<void>; files(view: StateView, taken: TakenIn): Promise<void> } {
  const sound = parsed.filter(({ error }) => error === null);
  return {
    async secrets() {
      const values = new WithheldValues(folder);
      const bySubject = new Map<string, { subject: Subject; secrets: Map<string, Value | undefined> }>();
      for (const { subject, key, ownKey, value } of sound.flatMap(({ secrets }) => secrets)) {
        const name = formatSubject(subject);
        const of = bySubject.get(name) ?? { subject, secrets: new Map() };
        bySubject.set(name, of);
        const isOther = of.secrets.has(key) && !sameValue(of.secrets.get(key), value);
        if (!isOther) of.secrets.set(key, value);
        // If two files have different values for one path, both are kept.
        if (ownKey !== undefined) of.secrets.set(ownKey, isOther ? value : undefined);
      }
      for (const { subject, secrets } of bySubject.values()) await values.put(subject, secrets);
    },
    async files(view, taken) {
      const files = new ImportedFiles(folder, recordStands(view));
      for (const file of sound) {
        const record = recordOf(file);
        const carrier = carrierOf(file, taken.plan.files[parsed.indexOf(file)], taken);
        if (record && file.family !== 'unknown') await files.note(carrier ? { ...record, carrier } : record);
      }
    },
  };
}

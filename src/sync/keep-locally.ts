import { formatSubject, type Subject } from '../model/subject.js';
import { sameValue, type Value } from '../model/value.js';
import { ImportedFiles } from '../store/imported-files.js';
import { WithheldValues } from '../store/withheld-values.js';
import { recordOf } from './last-imported.js';
import type { ParsedFile } from './parsed-file.js';

/** What of an import stays on this machine: the secrets, and what the files were when they were imported. */
export function keepLocally(
  folder: string,
  parsed: readonly ParsedFile[],
): { secrets(): Promise<void>; files(): Promise<void> } {
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
        // What two files have for one path stays apart: neither may be lost.
        if (ownKey !== undefined) of.secrets.set(ownKey, isOther ? value : undefined);
      }
      for (const { subject, secrets } of bySubject.values()) await values.put(subject, secrets);
    },
    async files() {
      const files = new ImportedFiles(folder);
      for (const file of sound) {
        const record = recordOf(file);
        if (record && file.family !== 'unknown') await files.note(record);
      }
    },
  };
}

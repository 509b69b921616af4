import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../../../../shared/legacy/fixtures', import.meta.url));

/** Whether the legacy fixtures lie beside the repository; they are too large, and their keys too real, to be in it. */
export const hasLegacyFixtures = existsSync(ROOT);
if (!hasLegacyFixtures) console.warn(`not tested against the legacy fixtures: no ${ROOT}`);

/** Every secret of the fixtures, once. */
export function legacySecrets(): string[] {
  const lines = readFileSync(join(ROOT, 'SECRETS.tsv'), 'utf8').trim().split('\n');
  return [...new Set(lines.map((line) => line.split('\t')[1] ?? ''))];
}

/** Every YAML document of the fixtures that parses, with the file it stands in. */
export function legacyDocuments(): { file: string; document: unknown }[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .flatMap((file) => {
      const documents = parseAllDocuments(readFileSync(join(ROOT, file), 'utf8'));
      if (documents.some((document) => document.errors.length > 0)) return [];
      return documents.map((document) => ({ file, document: document.toJS() as unknown }));
    });
}

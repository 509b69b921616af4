import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Contents of the YAML files below a folder, by path. */
export function yamlFiles(root: string): Readonly<Record<string, unknown>> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  );
  return Object.fromEntries(
    names.sort().map((name) => [name, parse(readFileSync(join(root, name), 'utf8'))]),
  );
}

import { z } from 'zod';
import { event, marker, state } from './documents.js';
import { OPENAPI } from './openapi.js';
import { RESULTS } from './results.js';
import { watchRow } from './watch-row.js';

/** A schema as the text of its file. Objects stay open: keys are only ever added within one version. */
function schemaText(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }), null, 2)}\n`;
}

const DOCUMENTS: Readonly<Record<string, z.ZodType>> = {
  'event.schema.json': event,
  'state.schema.json': state,
  'kgit.schema.json': marker,
};

/** Every file of `schemas/`, by its path from the project's root: first those for editors, then results, rows and the API. */
export const SCHEMA_FILES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(DOCUMENTS).map(([name, schema]) => [`schemas/${name}`, schemaText(schema)] as const),
  ...Object.entries(RESULTS).map(
    ([kind, schema]) => [`schemas/results/${kind}.schema.json`, schemaText(schema)] as const,
  ),
  ['schemas/rows/StatusWatchRow.schema.json', schemaText(watchRow)],
  ['schemas/openapi.json', `${JSON.stringify(OPENAPI, null, 2)}\n`],
]);

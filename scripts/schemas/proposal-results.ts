/** The shapes of the results of resolve, merge-state, backup and restore. */
import { z } from 'zod';
import { count, requestText, revision } from './parts.js';

const conflict = z
  .object({
    path: z.string().describe('Dotted path in state.yaml, or of a secret.'),
    base: z.unknown().optional().describe('What both began with; left out where nothing was.'),
    ours: z
      .unknown()
      .optional()
      .describe('Our value; left out where nothing is. Of a secret, who set or removed it, and when.'),
    theirs: z.unknown().optional().describe('Their value, likewise.'),
  })
  .describe('A path that two sides changed in different ways.');

export const mergeStateShapes = [{ path: z.string(), conflicts: z.array(conflict) }];
export const resolveShapes = [
  {
    branch: z.string(),
    revision: revision.describe("The branch's tip."),
    delivery: z.enum(['proposed', 'unchanged']),
    attempts: count,
    merged: z.array(z.string()).describe('The state documents that both sides changed.'),
    url: z
      .string()
      .nullable()
      .describe('The request to merge, or where to open it; null where neither is known.'),
    number: count.nullable().describe('Of the request to merge; null where kgit does not know it.'),
    request: requestText.optional(),
  },
];

const backup = { path: z.string(), branch: z.string(), revision, operations: count, locks: count };
export const backupShapes = [backup];
export const restoreShapes = [
  {
    ...backup,
    remote: z.string().nullable(),
    movedTo: z
      .string()
      .nullable()
      .describe('Where the previous content of the folder is now; null if there was none.'),
  },
];

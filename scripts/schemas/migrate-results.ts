/** The shapes of the results of migrate. */
import { z } from 'zod';
import { count, revision } from './parts.js';

const route = {
  from: z.string().describe('The store, as --repo names it.'),
  to: z.string().describe('Where it goes, as --repo names it.'),
  undone: z.boolean().describe('Whether the store was brought back.'),
};
const left = z.array(z.string()).describe('What is no text, and stays behind: `logo.png: not UTF-8 text`.');
const waiting = count.describe('How many operations that wait on this machine are taken along.');

export const migrateShapes = [
  {
    ...route,
    dryRun: z.literal(false),
    revisions: count.describe('How many revisions this call copied.'),
    locks: count,
    waiting,
    last: revision.describe('The newest revision of the store that was left.'),
    copy: revision.describe('Its copy.'),
    compared: z
      .object({ events: count, states: count, files: count })
      .describe('What is the same on both sides.'),
    left,
    configuration: z.object({ repo: z.string() }).describe('The setting from now on, on every machine.'),
  },
  {
    ...route,
    dryRun: z.literal(true),
    revisions: count,
    events: count,
    locks: count,
    waiting,
    tooLarge: z
      .array(z.object({ path: z.string(), revision, bytes: count }))
      .describe('Files that the target does not take, at most 50.'),
    tooLargeCount: count,
    left,
    resumes: z.boolean().describe('Whether the target holds a part of this migration.'),
  },
];

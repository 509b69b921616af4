/** The results of the commands about the files of the deployment scripts. */
import { z } from 'zod';
import { FAMILIES } from '../../src/sync/read/legacy-family.js';
import {
  action,
  count,
  errorCode,
  perhapsWritten,
  revision,
  subject,
  ulid,
  utcTime,
  written,
} from './parts.js';

const nullableText = z.string().nullable();
const eventRow = { id: ulid, subject, action, timestamp: utcTime, path: z.string() };
const rejection = { code: errorCode, message: z.string() };
const importedFile = z.object({
  path: z.string(),
  family: z.enum([...FAMILIES, 'unknown']),
  subject: subject.nullable(),
  events: z.object({ found: count, new: count, duplicate: count }),
  state: z.object({ set: count, unchanged: count, conflicts: count }),
  withheld: z.array(z.string()).describe('Places of secrets that stay on this machine.'),
  shared: z.array(z.string()).describe('Places of secrets that the team shares, encrypted.'),
  secrets: z
    .object({ set: count, unchanged: count, conflicts: count })
    .describe('Number of shared secrets: to be written, there already, in conflict.'),
  warnings: z.array(z.string()),
  error: z
    .object({
      ...rejection,
      line: count.optional(),
      column: count.optional(),
      suggestions: z.array(z.string()).optional(),
    })
    .nullable(),
});

export const backfillShapes = [
  {
    contexts: z.array(z.string()),
    events: z.array(z.object({ ...eventRow, reason: z.string() })),
    ...perhapsWritten,
  },
];

export const exportShapes = [
  {
    files: z.array(
      z.object({
        path: z.string().describe('Below the folder of --to.'),
        family: z.string(),
        subject: nullableText,
        withheld: z
          .array(z.string())
          .describe('Places of values that are neither on this machine nor decrypted.'),
        action: z.enum(['written', 'unchanged']),
      }),
    ),
  },
];

export const importShapes = [
  {
    files: z.array(importedFile),
    skipped: z.array(
      z.object({
        path: z.string(),
        line: count.optional(),
        column: count.optional(),
        message: z.string(),
      }),
    ),
    live: z
      .object({
        contexts: z.array(z.string()),
        found: z.array(subject),
        notFound: z.array(subject).describe('Found in no namespace that could be read.'),
        ambiguous: z
          .array(z.object({ subject, namespaces: z.array(z.string()).min(2) }))
          .describe(
            'Clusters whose name lives in several namespaces; the subject is the one that was taken.',
          ),
        seen: z
          .array(z.string())
          .nullable()
          .describe('The namespaces that could be read; null: all of them.'),
        denied: z.array(z.string()).describe('Namespaces that could not be read.'),
      })
      .optional()
      .describe('With --live.'),
    ...perhapsWritten,
    operations: z
      .array(z.object(written))
      .min(2)
      .optional()
      .describe('All operations, where it took several; the keys beside it are of the first.'),
  },
];

export const mirrorShapes = [
  { files: z.array(importedFile), pending: count },
  {
    to: z.string().describe('The git repository: folder or URL.'),
    branch: z.string(),
    store: z.string().describe('The store that was copied.'),
    mirrored: revision.nullable().describe('Newest revision of the store; null if it is empty.'),
    revision: revision.nullable().describe('The commit that is its copy; null if there is none yet.'),
    commits: count.describe('How many were added, or are to be added.'),
    delivery: z.enum(['published', 'unchanged', 'dry-run']),
  },
];

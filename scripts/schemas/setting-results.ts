/** Results of the commands that show settings and the version. */
import { z } from 'zod';
import { count } from './parts.js';

const nullableText = z.string().nullable();
const setting = z.object({
  name: z.string(),
  value: z
    .union([z.string(), z.boolean(), z.array(z.string())])
    .nullable()
    .describe('As it would be written; null where nothing sets it.'),
  origin: z.object({
    kind: z.enum(['flag', 'environment', 'file', 'kgit.yaml', 'git', 'default']),
    place: nullableText.describe('The flag, the variable, the file, or the key of git; null for a default.'),
    line: count.nullable().describe('The line of a file, from 1; null where it is not known.'),
  }),
  about: z.string(),
});

export const configShapes = [
  { settings: z.array(setting), tokens: z.array(z.string()).describe('Variables that hold a token.') },
];

export const versionShapes = [
  {
    version: z.string(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}(-dirty)?$/)
      .optional()
      .describe(
        'The commit that kgit was built from; -dirty if more had changed. Absent if it is not known.',
      ),
    node: z.string().describe('The version of Node.js.'),
    git: z.string().optional().describe('The version of git; absent if none can be run.'),
    platform: z.string(),
    arch: z.string(),
  },
];

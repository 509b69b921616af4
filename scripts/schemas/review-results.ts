/** The results of the commands that check and compare. */
import { z } from 'zod';
import { RULES } from '../../src/review/finding.js';
import { change, count, revision, subject, ulid, written } from './parts.js';

const nullableText = z.string().nullable();
const finding = z.object({
  rule: z.enum(Object.keys(RULES) as [string]),
  severity: z.enum(['error', 'warning']),
  path: nullableText,
  line: count.nullable().describe('From 1; null where it is about the file as a whole.'),
  message: z.string(),
  fix: nullableText.describe('What to do about it; null where the message says it.'),
});
const checked = {
  findings: z.array(finding).describe('The first thousand.'),
  total: count.describe('How many findings there are.'),
  files: count,
  events: count,
};
const history = z
  .object({
    from: revision.nullable().describe('Behind it; null for the beginning, as far as it is here.'),
    commits: count.describe('How many, along first parents.'),
    isComplete: z.boolean().describe('Whether nothing of it is missing from this clone.'),
  })
  .describe('How far commits were looked at.');
export const changes = z.array(
  change.extend({
    event: ulid.nullable().describe('Null where no event tells of it.'),
    timestamp: nullableText,
    user: nullableText,
    action: nullableText,
    reason: nullableText,
    message: nullableText,
    run: nullableText,
    subject,
  }),
);
/** Of any number of deployments. */
export const manyChanges = {
  subject: subject.nullable().describe('Null where that is not one deployment.'),
  changes,
};

export const validateShapes = [
  {
    ...checked,
    base: revision.nullable().describe('The merge base that was compared with.'),
    history: history.nullable().describe('Null with --base and --staged.'),
  },
];

export const verifyShapes = [
  {
    ...checked,
    trusted: revision.nullable().describe('The revision that was verified before.'),
    deployments: count,
    signatures: count.describe('How many were checked.'),
    history,
    macs: z
      .object({ checked: count, unchecked: count.describe('Where there is no key.') })
      .describe('Of the secrets of the team.'),
    fixed: z
      .array(z.object({ subject, changed: z.array(change), ...written }))
      .optional()
      .describe('With --fix: the states that were brought back to what their events say.'),
  },
];

/** Results of the commands that take, end and list leases. */
import { z } from 'zod';
import { count, revision, ulid, utcTime } from './parts.js';

const nullableText = z.string().nullable();
const lease = {
  name: z.string(),
  token: count.describe('Fencing token: raised by every acquisition.'),
  holder: z.string(),
  host: z.string(),
  runId: nullableText,
  acquiredAt: utcTime,
  renewedAt: utcTime,
  expiresAt: utcTime,
  ttlSeconds: z.number(),
  reason: nullableText,
};
const audit = z.object({
  event: ulid.describe('Id of the event of lock/NAME that records it.'),
  delivery: z.enum(['published', 'queued', 'unchanged']),
  revision: revision.nullable(),
});
const broke = z
  .object({
    ...{ name: z.string(), host: z.string(), runId: z.string().optional(), token: count, expiresAt: utcTime },
    audit: audit.nullable().describe('Null where the lock alone records it.'),
  })
  .nullable()
  .describe('Whose lease was ended for it.');

export const lockShapes = [
  { ...lease, broke },
  { ...lease, broke, exitCode: count.describe('That of the command.'), released: z.boolean() },
];
export const unlockShapes = [{ ...lease, released: z.literal(true), broke }];
export const locksShapes = [
  {
    locks: z.array(
      z.object({
        ...lease,
        expired: z.boolean().describe('By its own commit.'),
        freeAt: utcTime.describe('From when on others may take it over, unless it is renewed.'),
        here: z.boolean().describe('Whether this clone holds it.'),
      }),
    ),
    broken: z
      .array(
        z.object({
          ref: z.string(),
          name: nullableText.describe('The lock in whose way it stands; null where no lock can lie there.'),
          problem: z.string(),
          suggestions: z.array(z.string()),
        }),
      )
      .describe('Entries among the locks that hold none, or a lease where the repository keeps no locks.'),
    place: z.string().describe('Where locks lie at the remote: refs/kgit/locks/ or refs/heads/kgit/locks/.'),
    stale: z
      .boolean()
      .describe('Whether this is what was last seen here, for the remote was not asked or did not answer.'),
  },
];

/** Results of `kgit notify`. */
import { z } from 'zod';
import { TARGET_TYPES } from '../../src/notify/config/notify-config.js';
import { count, utcTime } from './parts.js';

const type = z.enum(TARGET_TYPES);
const target = z.object({
  name: z.string(),
  type,
  rules: z.array(z.string()).describe('Names of its rules, in their order.'),
  place: z
    .enum(['kept', 'new', 'damaged'])
    .describe('Whether a server on this machine has kept how far it is.'),
  after: z.string().nullable().describe('The news up to which everything is settled; null: none yet.'),
  attempts: count.describe('Tries of what is being retried; 0 if nothing is.'),
  waiting: count.describe('Messages that waited when a server last kept its place, 1,000 at most.'),
  delivered: count.describe('Messages that arrived, those of digests each.'),
  digests: count,
  retries: count.describe('Tries that failed and were repeated.'),
  dead: count.describe('Messages that were given up.'),
  gaps: count.describe('How often news were gone before the target had them.'),
  lastDelivery: utcTime.nullable(),
  lastFailure: z.object({ at: utcTime, reason: z.string() }).nullable(),
  lastDead: z
    .array(z.object({ id: z.string(), title: z.string(), at: utcTime, attempts: count, reason: z.string() }))
    .describe('The latest messages that were given up, oldest first.'),
});

export const notifyShapes = [
  {
    pageUrl: z.string().nullable().describe('Address of the page, for links.'),
    targets: z.array(target),
  },
  {
    target: z.string(),
    type,
    id: z.string().describe('The id of the test message.'),
    delivered: z.boolean(),
    answer: z.string().describe('What the receiver answered, or why it got nothing.'),
  },
];

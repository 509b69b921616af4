/** The shapes of the results of `kgit secrets`. */
import { z } from 'zod';
import { RECIPIENT_KINDS } from '../../src/model/team-secret/recipient-kinds.js';
import { count, subject, written } from './parts.js';

const recipient = z.object({
  kind: z.enum(RECIPIENT_KINDS),
  recipient: z.string().describe('A public key, or the name of a key at a service.'),
});
const recipients = z.array(recipient).describe('Who can decrypt what is written from now on.');

export const secretsShapes = [
  { shared: z.boolean().describe('Whether the team shares secrets here.'), recipients },
  {
    added: z.array(recipient),
    removed: z.array(recipient),
    recipients,
    readable: count.describe('How many secrets those who were removed can read.'),
    due: count.describe('How many secrets kgit secrets rotate would encrypt again.'),
    ...written,
  },
  {
    rotated: z.array(
      z.object({
        subject,
        path: z.string(),
        readableBefore: z
          .array(recipient)
          .describe(
            'Who could read it and is no recipient any more: if there are any, change the value at its source.',
          ),
      }),
    ),
    current: count.describe('How many were encrypted for the recipients of today already.'),
    remaining: count.describe('How many are left for another run.'),
    left: z
      .array(z.string())
      .describe('Why files were left as they are: they are broken, or were changed without their key.'),
    recipients,
    ...written,
  },
  {
    manifest: z.string().describe('A Secret of Kubernetes as YAML, encrypted by sops.'),
    keys: z.array(z.object({ path: z.string(), key: z.string().describe('The key in the Secret.') })),
  },
];

/** The shapes of the results of `kgit secrets`. */
import { z } from 'zod';
import { RECIPIENT_KINDS } from '../../src/model/team-secret/recipient-kinds.js';
import { written } from './parts.js';

const recipient = z.object({
  kind: z.enum(RECIPIENT_KINDS),
  recipient: z.string().describe('A public key, or the name of a key at a service.'),
});
const recipients = z.array(recipient).describe('Who can decrypt what is written from now on.');

export const secretsShapes = [
  { shared: z.boolean().describe('Whether the team shares secrets here.'), recipients },
  { added: z.array(recipient), removed: z.array(recipient), recipients, ...written },
];

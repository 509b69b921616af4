/** Results of the commands by which shells complete. */
import { z } from 'zod';

export const completeShapes = [
  {
    offers: z.array(z.object({ value: z.string(), description: z.string() })),
    partial: z.boolean().describe('Whether more of the word follows each offer.'),
    files: z.boolean().describe('Whether names of files are offered where there is no other offer.'),
  },
];

export const completionShapes = [{ shell: z.string(), script: z.string() }];

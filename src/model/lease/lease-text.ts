import { UsageError } from '../../errors.js';
import type { Holder } from './lease.js';

/** Control characters, including line breaks, and marks that change the writing direction. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Throws UsageError if a text of a lock's commit holds control characters: others read it on a terminal. */
export function checkLeaseTexts({ holder, reason }: { holder: Holder; reason?: string | undefined }): void {
  const texts = { user: holder.name, host: holder.host, 'run-id': holder.runId, reason };
  for (const [field, text] of Object.entries(texts)) {
    if (text === undefined || !CONTROLS.test(text)) continue;
    throw new UsageError(`the ${field} of a lock is one line, without control characters`, {
      suggestions: ['Leave out line ends, escape sequences and marks of writing direction'],
      data: { field },
    });
  }
}

import { hasCode } from '../model/value/error-codes.js';

/**
 * Calls `end` when the reader of standard output is gone, as with `| head`; otherwise a command that keeps printing
 * would never end.
 */
export function onReaderGone(end: () => void): void {
  process.stdout.on('error', (error) => {
    if (hasCode(error, 'EPIPE')) end();
  });
}

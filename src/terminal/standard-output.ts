import { hasCode } from '../model/value/error-codes.js';

/** Tells `end` that nobody reads standard output any more, as behind `| head`: what goes on printing would never end. */
export function onReaderGone(end: () => void): void {
  process.stdout.on('error', (error) => {
    if (hasCode(error, 'EPIPE')) end();
  });
}

import type { SkippedEvents } from '../../../model/event/broken-events.js';
import { maskSecrets } from '../../../model/secret/mask-secrets.js';

/** Maximum number of events left out of an answer that it names. */
const MOST_SKIPPED = 100;

/** Returns the key of a server's answer for the events that it leaves out, if there are any: the first hundred. */
export function skippedJson({ list }: SkippedEvents): Readonly<Record<string, unknown>> {
  if (list.length === 0) return {};
  const shown = list.slice(0, MOST_SKIPPED);
  return { skipped: shown.map(({ path, message }) => ({ path, message: maskSecrets(message) })) };
}

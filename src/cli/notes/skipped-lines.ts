import type { SkippedEvent } from '../../model/event/broken-events.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** Maximum number of events named on stderr; the JSON result names all. */
const MAX_LINES = 20;

/** Describes the events that an answer leaves out, for people; empty if there are none. */
export function skippedLines(events: readonly SkippedEvent[]): string[] {
  if (events.length === 0) return [];
  const more = events.length - MAX_LINES;
  return [
    ...events.slice(0, MAX_LINES).map(({ path, message }) => oneLine(`left out ${path}: ${message}`)),
    ...(more > 0 ? [`… and ${more} more; --json names all`] : []),
    "'kgit validate' reports everything that is wrong with the files",
  ];
}

import type { EventDocument } from '../../api/results.js';
import { actionWords, counted, oneLine, shownValue } from '../../parts/text.js';

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an event is about, on one line: what its author wrote, else its phase, what it changed or was given. */
export function gistOf(event: EventDocument): string {
  const { message, reason, phase, changes, parameters, command } = event;
  const said = [message, reason].filter((text) => typeof text === 'string');
  if (said.length > 0) return oneLine(said.join(' – '));
  if (typeof phase === 'string') return actionWords(phase);
  if (Array.isArray(changes) && changes.length > 0) return changesWords(changes);
  if (isMapping(parameters))
    return oneLine(
      Object.entries(parameters)
        .map(([name, value]) => `${name}=${shownValue(value)}`)
        .join(', '),
    );
  return typeof command === 'string' ? oneLine(command) : '';
}

function changesWords(changes: readonly unknown[]): string {
  const words = changes.slice(0, 3).map((change) => {
    if (!isMapping(change)) return '';
    return 'after' in change
      ? `${change['path']}=${shownValue(change['after'])}`
      : `${change['path']} removed`;
  });
  const more = changes.length - words.length;
  return oneLine([...words, ...(more > 0 ? [`${counted(more, 'more change')}`] : [])].join(', '));
}

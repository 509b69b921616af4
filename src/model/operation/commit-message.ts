import type { SubjectEvent } from '../event/event.js';
import { changeTitle, clipped, plainLine } from './change-title.js';
import { type Operation, subjectNames } from './operation.js';

const MAX_TRAILERS = 100;
/** Longest text in the body, in characters; the event has the full text. */
const MAX_TEXT = 2_000;

/**
 * The message of an operation's commit. The subject line of a state change says what changed, and the body has its
 * title, reason and message; any other is `<action>: <subject>`. The trailers are an index for people and tools, never
 * the record.
 * @param events those that the commit adds
 * @param title the title that the user gave the proposal
 */
export function commitMessage(operation: Operation, events: readonly SubjectEvent[], title?: string): string {
  const changed = changeTitle(events);
  const paragraphs = [
    changed ?? operation.title,
    [...(title === undefined ? [] : [title]), ...(changed === null ? [] : bodyOf(operation, events))]
      .map((line) => clipped(plainLine(line), MAX_TEXT))
      .filter(Boolean)
      .join('\n'),
    trailersOf(operation, events).join('\n'),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

function bodyOf({ title }: Operation, events: readonly SubjectEvent[]): string[] {
  const texts = events.flatMap(({ event: { reason, message } }) => [
    ...(reason ? [`Reason: ${reason}`] : []),
    ...(message ? [`Message: ${message}`] : []),
  ]);
  return [title, ...new Set(texts)];
}

function trailersOf({ id, runId }: Operation, events: readonly SubjectEvent[]): string[] {
  const subjects = [...subjectNames(events)];
  return [
    `Kgit-Op: ${id}`,
    ...subjects.slice(0, MAX_TRAILERS).map((subject) => `Kgit-Subject: ${subject}`),
    ...events.slice(0, MAX_TRAILERS).map(({ event }) => `Kgit-Event: ${event.id}`),
    ...(runId ? [`Kgit-Run: ${runId}`] : []),
  ];
}

import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';

/**
 * The entries of the outbox that decide what readers see of some subjects, in order: those that touch them, and those that
 * touch what these touch, for an operation is applied whole or not at all. The others are read, but not parsed.
 */
export async function entriesAbout(
  outbox: Outbox,
  subjects: readonly Subject[],
): Promise<readonly OutboxEntry[]> {
  const wanted = new Set(subjects.map((subject) => JSON.stringify(formatSubject(subject))));
  while (true) {
    const words = [...wanted];
    const entries = await outbox.list((text) => words.some((word) => text.includes(word)));
    for (const { operation } of entries)
      for (const { subject } of operation?.events ?? []) wanted.add(JSON.stringify(formatSubject(subject)));
    if (wanted.size === words.length) return entries;
  }
}

import { formatSubject, legacySlug, type Subject } from '../../model/subject/subject.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';

/** Texts by one of which an entry of the outbox that touches a subject is known: parts of how JSON writes subjects. */
export type About = readonly string[];

/** How JSON writes a change of who can read the team's secrets: it decides for whom those of any subject are encrypted. */
const ABOUT_RECIPIENTS = '"recipients":{';

/** Every deployment. */
export const ABOUT_DEPLOYMENTS: About = ['"deployment/'];

/** These subjects. */
export function aboutSubjects(subjects: readonly Subject[]): About {
  return subjects.map(quoted);
}

/** Every subject of this name, as a person gives it: with or without the parts before it. */
export function aboutNamed(text: string): About {
  const name = text.slice(text.lastIndexOf('/') + 1);
  return [...new Set([name, legacySlug(name)])].map((one) => `/${one}"`);
}

/**
 * The entries of the outbox that decide what readers see of some subjects, in order: those that touch them, and those that
 * touch what these touch, because an operation is applied whole or not at all. The others are read, but not parsed.
 */
export async function entriesAbout(outbox: Outbox, about: About): Promise<readonly OutboxEntry[]> {
  const wanted = new Set([...about, ABOUT_RECIPIENTS]);
  const isWanted = (text: string) => [...wanted].some((word) => text.includes(word));
  while (true) {
    const before = wanted.size;
    const entries = await outbox.list(isWanted);
    for (const { operation } of entries)
      for (const { subject } of operation?.events ?? [])
        if (!isWanted(quoted(subject))) wanted.add(quoted(subject));
    if (wanted.size === before) return entries;
  }
}

function quoted(subject: Subject): string {
  return JSON.stringify(formatSubject(subject));
}

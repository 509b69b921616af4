import { InvalidStateError } from '../../errors.js';
import type { KgitEvent } from '../../model/event/event.js';
import { parseSealedMonth, type SealedEvent, sealedName } from '../../model/event/sealed-month.js';
import { monthOf } from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Findings } from '../finding.js';
import { checkEvent } from './check-event.js';

/** A sealed month as it is in the repository. */
export interface SealedText {
  readonly subject: Subject;
  readonly month: string;
  readonly path: string;
  readonly text: string;
}

/** How many lines precede an event in the text of its month; 0 if the layout is not kgit's. */
function linesAbove(text: string, { head }: SealedEvent): number {
  const at = text.indexOf(`\n  - id: ${head.id}\n`);
  return at < 0 ? 0 : text.slice(0, at + 1).split('\n').length - 1;
}

/** Checks a sealed month: its own keys, and each event as if it were a file of its own. Returns the valid events. */
export function checkSealed(
  { subject, month, path, text }: SealedText,
  now: number,
  findings: Findings,
): { event: KgitEvent; text: string }[] {
  let sealed: SealedEvent[];
  try {
    if (sealedName(text, path) !== (subject.kind === 'deployment' ? subject.id : subject.name))
      findings.add('event-place', path, `it does not name ${formatSubject(subject)} as its subject`, {
        line: 1,
      });
    sealed = parseSealedMonth(text, path);
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    const { line } = error.data;
    findings.add('yaml', path, error.message, { line: typeof line === 'number' ? line : null });
    return [];
  }
  const sound: { event: KgitEvent; text: string }[] = [];
  for (const item of sealed) {
    const own = item.text();
    const before = findings.total;
    const event = checkEvent({ subject, path, text: own, isOwn: false }, now, findings);
    if (findings.total > before) shiftLines(findings, before, linesAbove(text, item));
    if (!event) continue;
    sound.push({ event, text: own });
    if (monthOf(event.id) !== month)
      findings.add('event-place', path, `the event ${event.id} belongs in ${monthOf(event.id)}`, {
        line: linesAbove(text, item) + 1,
      });
  }
  return sound;
}

/** Shifts the lines of an event's findings, from index `first` on, to lines in the file of its month. */
function shiftLines({ list }: Findings, first: number, above: number): void {
  for (let i = first; i < list.length; i++) {
    const finding = list[i] as (typeof list)[number];
    if (finding.line !== null) list[i] = { ...finding, line: finding.line + above };
  }
}

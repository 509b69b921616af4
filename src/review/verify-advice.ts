import { placeOfPath } from '../model/subject/place.js';
import type { ReviewTools } from '../store/port/review.js';
import type { Finding } from './finding.js';

const EVENT_RULES: readonly string[] = [
  'yaml',
  'event-schema',
  'event-place',
  'event-id',
  'event-time',
  'file-size',
];
const ACCEPT =
  "say in the message of a later commit that it was meant: 'Kgit-Accepts-Removal: COMMIT', with the commit that did it";

/** Advice for a file that is not a valid event. */
function eventAdvice(path: string, tools: ReviewTools): string {
  return `See when it was right: ${tools.versions(path)}. Put it back from there (${tools.restore('REVISION', path)}) and commit it. Where it never was right, mend it or take it away (${tools.remove(path)}), commit that, and ${ACCEPT}`;
}

/** Advice for a finding of `kgit verify` on the state branch whose rule does not give any. */
export function verifyAdvice({ rule, path }: Finding, tools: ReviewTools): string | null {
  if (path === null) return null;
  const place = placeOfPath(path);
  if (place.kind === 'state') {
    if (rule === 'yaml') return 'kgit verify --fix writes it anew as the events say';
    if (rule === 'state-schema')
      return `Look at it (kgit get --deployment ${place.subject.id}), then set a phase with kgit phase, or take the path away with kgit unset`;
    if (rule === 'secret')
      return `Everybody who can read the repository knows it: change it where it is used, then set the path to something else (kgit set PATH='<redacted>' --deployment ${place.subject.id})`;
  }
  if (place.kind === 'event' || place.kind === 'sealed') {
    if (rule === 'secret')
      return 'Everybody who can read the repository knows it: change it where it is used';
    if (EVENT_RULES.includes(rule)) return eventAdvice(path, tools);
  }
  if (place.kind === 'marker') return tools.correct(path);
  if (rule === 'file-kind')
    return `Take it away (${tools.forget(path)}), put a plain file in its place where one is needed, then commit it`;
  return null;
}

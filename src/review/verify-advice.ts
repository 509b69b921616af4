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
  "accept it in the message of a later commit: 'Kgit-Accepts-Removal: COMMIT', with the id of the commit that made the change";

/** Advice for a file that is not a valid event. */
function eventAdvice(path: string, tools: ReviewTools): string {
  return `Find the last good version: ${tools.versions(path)}. Restore it (${tools.restore('REVISION', path)}) and commit. If there never was one, correct or remove the file (${tools.remove(path)}), commit, and ${ACCEPT}`;
}

/** Advice for a finding of `kgit verify` on the state branch whose rule does not give any. */
export function verifyAdvice({ rule, path }: Finding, tools: ReviewTools): string | null {
  if (path === null) return null;
  const place = placeOfPath(path);
  if (place.kind === 'state') {
    if (rule === 'yaml') return 'kgit verify --fix rewrites it from the events';
    if (rule === 'state-schema')
      return `Inspect it (kgit get --deployment ${place.subject.id}), then set a phase with kgit phase, or remove the path with kgit unset`;
    if (rule === 'secret')
      return `Everybody who can read the repository knows it: replace the secret where it is used, then overwrite the path (kgit set PATH='<redacted>' --deployment ${place.subject.id})`;
  }
  if (place.kind === 'event' || place.kind === 'sealed') {
    if (rule === 'secret')
      return 'Everybody who can read the repository knows it: replace the secret where it is used';
    if (EVENT_RULES.includes(rule)) return eventAdvice(path, tools);
  }
  if (place.kind === 'marker') return tools.correct(path);
  if (rule === 'file-kind')
    return `Remove it (${tools.forget(path)}), add a plain file instead if one is needed, then commit`;
  return null;
}

import { createHash } from 'node:crypto';
import { formatSubject, type Subject } from '../subject/subject.js';

/** The prefix of all proposal branches. */
export const PROPOSALS = 'kgit/propose';
const MAX_SLUG = 60;

/** A name as part of a branch name. If characters had to be replaced, a hash keeps it unique. */
function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_SLUG);
  if (plain === name) return plain;
  return `${plain || 'x'}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** The prefix of a user's proposal branches; a slash follows it. */
export function proposalFolder(user: string): string {
  return `${PROPOSALS}/${slug(user)}`;
}

/** The branch of a user's open proposal for a subject, such as `kgit/propose/grace/dep-a`; null stands for all subjects. */
export function proposalBranch(user: string, subject: Subject | null): string {
  const about =
    subject === null
      ? 'all'
      : subject.kind === 'deployment'
        ? slug(subject.id)
        : slug(formatSubject(subject));
  return `${proposalFolder(user)}/${about}`;
}

import { createHash } from 'node:crypto';
import { formatSubject, type Subject } from '../subject/subject.js';

/** Where the branches of proposals lie. */
const FOLDER = 'kgit/propose';
const MAX_SLUG = 60;

/** A name as a part of a branch: what it had to give up is made up for by a hash, so that no two share one. */
function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_SLUG);
  if (plain === name) return plain;
  return `${plain || 'x'}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** What the branches of a user's proposals begin with, a slash behind it. */
export function proposalFolder(user: string): string {
  return `${FOLDER}/${slug(user)}`;
}

/** The branch of a user's open proposal on a subject, such as `kgit/propose/grace/dep-a`; on all of them where it is null. */
export function proposalBranch(user: string, subject: Subject | null): string {
  const about =
    subject === null
      ? 'all'
      : subject.kind === 'deployment'
        ? slug(subject.id)
        : slug(formatSubject(subject));
  return `${proposalFolder(user)}/${about}`;
}

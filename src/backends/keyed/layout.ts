/** Names of the keys of a store. People read them with the tools of their server. */
import { encodeLockName } from '../../model/lease/lock-name.js';
import type { StatePath } from '../../model/state/state-path.js';

/** Version of the format and id of the store. */
export const FORMAT = 'format';
/** The newest revision. */
export const HEAD = 'head';
/** Records of the revisions. */
export const REVISIONS = 'rev/';
/** The files. */
export const TIP = 'tip/';
export const LOCKS = 'lock/';
/** Pieces of large writes. */
export const PARTS = 'part/';

/** Behind every number. */
export const NO_NUMBER = ':';

/** A number that sorts as text. */
export const numbered = (n: number): string => String(n).padStart(12, '0');

export const revisionKey = (seq: number): string => REVISIONS + numbered(seq);

/** One list of paths of a revision whose record does not hold them. */
export const pathsKey = (seq: number, n: number): string => `paths/${numbered(seq)}/${numbered(n)}`;

export const fileKey = (path: string): string => TIP + path;

/** The folder of what revisions replaced at a path. No name of a path begins with a single `@` there. */
export const formerFolder = (path: string): string => `was/${path.replace(/(^|\/)@/g, '$1@@')}/`;

/** Name, in that folder, of what a revision replaced or removed. */
export const formerName = (seq: number): string => `@${numbered(seq)}`;

/** Ends the name of a mark that a revision added the file. */
export const ADDED = '+';

export const lockKey = (name: string): string => LOCKS + encodeLockName(name);

export const partKey = (revision: string, n: number): string => `${PARTS}${revision}/${numbered(n)}`;

/** A value of a state document: `state/d1/deployment/phase`. */
export function valueKey(deployment: string, path: StatePath): string {
  return ['state', deployment, ...path.map((step) => nameOfStep(String(step)))].join('/');
}

/** Encodes a step of a state path, which may be any text. */
function nameOfStep(step: string): string {
  if (step === '') return '%';
  if (step === '.' || step === '..') return step.replaceAll('.', '%2e');
  return step.replace(/[%/\0]/g, (found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

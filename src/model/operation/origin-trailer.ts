/** The trailer that names, in the message of a copied revision, the revision of the store that it was copied from. */

const TRAILER = 'Kgit-Origin: ';
const LINE = /^Kgit-Origin: (\S{1,100})$/;

/** Ids of revisions that a copy may have had elsewhere, or the beginnings of them. */
const NAME = /^(?:[0-9a-f]{7,64}|[1-9]\d{0,11}-[0-9a-f]{4,16})$/;

/** Whether a text can be the id of a revision of any store, or the beginning of one. */
export const isRevisionId = (text: string): boolean => NAME.test(text);

/** Adds trailers to a message, in its last paragraph if that has trailers alone. */
export function withTrailers(message: string, ...trailers: readonly string[]): string {
  const text = message.trimEnd();
  const last = text.slice(text.lastIndexOf('\n\n') + 2).split('\n');
  const endsInTrailers = text.includes('\n\n') && last.every((line) => /^[A-Za-z][A-Za-z-]*: /.test(line));
  return `${text}${text === '' ? '' : endsInTrailers ? '\n' : '\n\n'}${trailers.join('\n')}\n`;
}

/** Adds the trailer to a message. A copy of a copy has one for each store that it has been in. */
export function withOrigin(message: string, revision: string): string {
  return withTrailers(message, TRAILER + revision);
}

/** Returns the revision that was copied last, according to the last line of a message; null if none was. */
export function originOf(message: string): string | null {
  return LINE.exec(message.trimEnd().split('\n').at(-1) ?? '')?.[1] ?? null;
}

/** Returns a message as it was before it was copied the last time. */
export function withoutOrigin(message: string): string {
  return originOf(message) === null
    ? message
    : `${message.trimEnd().split('\n').slice(0, -1).join('\n').trimEnd()}\n`;
}

/** The beginning of the line that names a copy's origin. */
export const originLine = (name: string): string => `${TRAILER}${name}`;

/** Whether a message names this revision, or one that begins so, as an origin. */
export function namesOrigin(message: string, name: string): boolean {
  return message.split('\n').some((line) => line.startsWith(originLine(name)));
}

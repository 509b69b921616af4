const PLAIN = /^[\w./=:@%+,*-]+$/;

/** A word as a POSIX shell takes it literally, quoted only where it must be. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const PLAIN = /^[\w./=:@%+,*-]+$/;

/** Quotes a word for a POSIX shell, if it needs quotes. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

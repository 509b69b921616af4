/** A path as one word of a command that people copy into a shell: what stands below an events folder may be named by anybody. */
export function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

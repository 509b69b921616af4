const WIDTH = 20;

/** How many of its files something is done with, as a bar. */
export function progressBar(what: string, done: number, all: number): string {
  const filled = all === 0 ? WIDTH : Math.round((done / all) * WIDTH);
  return `${what} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done}/${all} files`;
}

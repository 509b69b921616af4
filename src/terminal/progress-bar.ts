const WIDTH = 20;

/** Formats a progress bar for `done` of `all` files. */
export function progressBar(what: string, done: number, all: number): string {
  const filled = all === 0 ? WIDTH : Math.round((done / all) * WIDTH);
  return `${what} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done}/${all} files`;
}

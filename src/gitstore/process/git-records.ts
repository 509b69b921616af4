import { type Git, gitFailed, TIMED_OUT } from './git.js';
import { stopChild } from './process-group.js';

const MAX_STDERR = 2_000;

/**
 * What git prints, in records that end with `separator`, as many at a time as come together; git runs as far as it
 * is read. Throws what `gitFailed` makes of git's own failure, and RemoteError where it could not fetch what it lacks.
 */
export async function* gitRecords(
  git: Git,
  args: readonly string[],
  separator: string,
): AsyncGenerator<readonly string[]> {
  const child = git.start(args);
  const lazy = git.lazyFetches;
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  /** Where objects are fetched, git may take so long for each piece; while it is not read from it may stand still. */
  const limit = (isAwaited: boolean) => {
    clearTimeout(timer);
    if (lazy === null || !isAwaited) return;
    timer = setTimeout(() => {
      isLate = true;
      stopChild(child);
    }, lazy.timeout);
  };
  child.stdin.end();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    let rest = '';
    child.stdout.setEncoding('utf8');
    limit(true);
    for await (const chunk of child.stdout) {
      limit(false);
      const records = (rest + chunk).split(separator);
      rest = records.pop() ?? '';
      yield records;
      limit(true);
    }
    const ending = (await ended) ?? 1;
    const code = isLate ? TIMED_OUT : ending;
    if (rest && !isLate) yield [rest];
    if (code !== 0) throw lazy?.failure({ code, stderr }) ?? gitFailed(args, code, stderr);
  } finally {
    limit(false);
    if (child.exitCode === null && child.signalCode === null) stopChild(child);
    await ended;
  }
}

import { type Git, gitFailed } from './git.js';

const MAX_STDERR = 2_000;

/**
 * What git prints, in records that end with `separator`, as many at a time as come together; git runs as far as it
 * is read. Throws what `gitFailed` makes of git's own failure.
 */
export async function* gitRecords(
  git: Git,
  args: readonly string[],
  separator: string,
): AsyncGenerator<readonly string[]> {
  const child = git.start(args);
  child.stdin.end();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    let rest = '';
    child.stdout.setEncoding('utf8');
    for await (const chunk of child.stdout) {
      const records = (rest + chunk).split(separator);
      rest = records.pop() ?? '';
      yield records;
    }
    if (rest) yield [rest];
    const code = await ended;
    if (code !== 0) throw gitFailed(args, code ?? 1, stderr);
  } finally {
    child.kill();
    await ended;
  }
}

import type { Git } from '../process/git.js';

/**
 * Where refs are at a remote now; missing ones are left out. Null if the remote does not answer.
 * @param refs full names
 * @param timeoutMs time limit, in ms
 */
export async function remoteTips(
  git: Git,
  remote: string,
  refs: readonly string[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, string> | null> {
  const args = ['ls-remote', '--end-of-options', remote, ...refs];
  const { code, stdout } = await git.talk(remote, args, { timeout: timeoutMs });
  if (code !== 0) return null;
  const lines = stdout.toString('utf8').matchAll(/^([0-9a-f]{40})\t(.+)$/gm);
  const tips = [...lines].map(([, oid = '', ref = '']) => [ref, oid] as const);
  return new Map(tips.filter(([ref]) => refs.includes(ref)));
}

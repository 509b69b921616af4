import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orIfGone, privateFolder } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git, GitResult } from '../process/git.js';
import { isDamaged } from '../process/remote-fault.js';
import { FETCH_OPTIONS } from '../process/transfer-options.js';
import type { Repository } from '../repository/repository.js';

/** The commits to ask for: the last `count` of `from`, down to `to`, the tip of `branch` at the remote. */
export interface Question {
  /** Where the temporary folder is made. */
  readonly folder: string;
  readonly branch: string;
  readonly from: Revision;
  readonly to: Revision;
  readonly count: number;
  readonly timeoutMs: number;
}

/**
 * Whether the remote still has commits, with their files, that its branch no longer contains. Null if it gives no
 * answer.
 */
export async function stillHas(
  git: Git,
  repository: Repository,
  remote: string,
  question: Question,
): Promise<boolean | null> {
  const { folder, branch, from, to, count, timeoutMs } = question;
  await privateFolder(folder);
  const place = await mkdtemp(join(folder, 'question-'));
  try {
    await layOut(place, repository.commonDir);
    const fetch = (more: string, wanted: string) =>
      fetchFrom(asking, repository, { remote, timeoutMs }, more, wanted);
    const asking = git.at(place, repository.workTree ?? repository.commonDir, repository.config);
    // git does not ask for commits that it has. A fetch with a depth takes only the branch of this repository for
    // granted, so the remote must read every object that is not in `to`.
    await writeFile(join(place, 'refs/heads/known'), `${to}\n`);
    const asked = await fetch(`--depth=${count}`, from);
    if (asked.code === 0) return true;
    if (asked.stderr.includes(`not our ref ${from}`) || isDamaged(asked.stderr)) return false;
    // Before protocol version 2, a server sends only what a ref leads to. It still says which commits it has.
    if (!/unadvertised object/.test(asked.stderr)) return null;
    await writeFile(join(place, 'refs/heads/known'), `${from}\n`);
    const told = await fetch('--depth=1', `refs/heads/${branch}`);
    if (told.code !== 0) return isDamaged(told.stderr) ? false : null;
    return told.stderr.includes(`< ACK ${from}`);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function fetchFrom(
  git: Git,
  repository: Repository,
  { remote, timeoutMs }: { readonly remote: string; readonly timeoutMs: number },
  more: string,
  wanted: string,
): Promise<GitResult> {
  const options = [
    ...['-c', `include.path=${join(repository.commonDir, 'config')}`],
    // The refs of the clone itself must not count.
    ...['-c', 'core.alternateRefsPrefixes=refs/none'],
  ];
  const args = [...options, 'fetch', ...FETCH_OPTIONS, more, '--end-of-options', remote, wanted];
  return git.talk(remote, args, { timeout: timeoutMs, env: { GIT_TRACE_PACKET: '1' } });
}

/** Makes a repository that borrows the objects of the clone and has no refs yet. */
async function layOut(place: string, commonDir: string): Promise<void> {
  for (const name of ['refs/heads', 'objects/info']) await mkdir(join(place, name), { recursive: true });
  await writeFile(join(place, 'HEAD'), 'ref: refs/heads/known\n');
  await writeFile(join(place, 'config'), '[core]\n\tbare = true\n');
  await writeFile(join(place, 'objects/info/alternates'), `${join(commonDir, 'objects')}\n`);
  await orIfGone(copyFile(join(commonDir, 'shallow'), join(place, 'shallow')), undefined);
}

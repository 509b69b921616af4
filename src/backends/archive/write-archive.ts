import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { EnvironmentError, KgitError, NotFoundError } from '../../errors.js';
import { counted } from '../../model/value/counted.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import { orIfGone, syncFolder } from '../../store/local/durable-files.js';
import { readWaiting } from '../../store/local/waiting-files.js';
import type { BackedUp, BackupRequest } from '../../store/port/driver.js';
import type { KeyedStore } from '../keyed/keyed-store.js';
import { endLine, headLine, lockLine, revisionLine, waitingLine } from './archive-lines.js';

/** After how many revisions the progress is told. */
const TOLD = 500;

async function requireFolder(file: string): Promise<void> {
  const folder = await orIfGone(stat(dirname(file)), null);
  if (folder?.isDirectory()) return;
  throw new EnvironmentError(`cannot write ${file}: there is no folder ${dirname(file)}`, {
    suggestions: [`Make it: mkdir -p ${dirname(file)}`],
    data: { path: file },
  });
}

/**
 * Writes an archive of a keyed store: compressed lines of JSON, with every revision, the locks, and the outbox in
 * `folder`. One revision at a time is in memory. The file appears whole or not at all. Throws NotFoundError for an empty
 * store, RefusedError for a revision that is too large for an archive, RemoteError, EnvironmentError.
 */
export async function writeArchive(
  store: KeyedStore,
  folder: string,
  request: BackupRequest,
): Promise<BackedUp> {
  const { file, now, timeoutMs, wait } = request;
  // Before the revision is chosen: an operation that another process publishes in between is then in both, and restored
  // once; in the other order it would be in neither.
  const waiting = await readWaiting(folder);
  const { id, revision } = await store.found(timeoutMs);
  if (id === null || revision === null) throw new NotFoundError(`${store.target} is empty`);
  await requireFolder(file);
  let locks = 0;
  let broken = 0;
  async function* lines(): AsyncGenerator<string> {
    yield headLine(
      { store: id as string, target: store.target, revision: revision as string },
      new Date(now).toISOString(),
    );
    let revisions = 0;
    for await (const whole of store.history.whole(null, revision as string)) {
      revisions += 1;
      if (revisions % TOLD === 0) wait.progress(counted(revisions, 'revision'));
      yield revisionLine(whole);
    }
    const listed = await store.leases.list(timeoutMs);
    locks = listed.tips.size;
    broken = listed.broken.length;
    for (const { record } of listed.tips.values()) yield lockLine(record);
    for (const [name, text] of waiting) yield waitingLine(name, text.toString('utf8'));
    yield endLine({ revisions, locks, operations: waiting.size });
  }
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const written = createWriteStream(temporary, { flags: 'wx', mode: PRIVATE_FILE, flush: true });
    await pipeline(Readable.from(lines()), createGzip(), written);
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (cause) {
    if (cause instanceof KgitError) throw cause;
    throw new EnvironmentError(`cannot write ${file}: ${(cause as Error).message}`, {
      cause,
      data: { path: file },
    });
  } finally {
    await rm(temporary, { force: true });
  }
  const left = `left out, because this kgit cannot read ${broken === 1 ? 'it' : 'them'}: ${counted(broken, 'lock')}`;
  return { revision, operations: waiting.size, locks, notes: broken > 0 ? [left] : [] };
}

import { dirname } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { rename } from '../../platform/small-files.js';
import { type Host, identityOf, isGone, type ProcessIdentity } from '../port/host.js';
import { createDurably, privateFolder, putBack, readNamed, removeFile } from './durable-files.js';
import { randomBytes } from './random-bytes.js';

interface Holder extends ProcessIdentity {
  readonly nonce: string;
}

/** The holder of a damaged lock file, such as one that a power loss emptied: nobody. */
const NOBODY: Holder = { hostname: '', bootId: null, pid: 0, processStart: null, nonce: '' };

function parseHolder(json: unknown): Holder | null {
  if (!isMap(json)) return null;
  const { hostname, bootId, pid, processStart, nonce } = json;
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
  if (!isText(hostname) || !isTextOrNull(bootId) || !isTextOrNull(processStart) || !isText(nonce))
    return null;
  return typeof pid === 'number' && Number.isSafeInteger(pid)
    ? { hostname, bootId, pid, processStart, nonce }
    : null;
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const bytes = await readNamed(path);
    if (bytes === undefined) return null;
    return parseHolder(JSON.parse(bytes?.toString('utf8') ?? '')) ?? NOBODY;
  } catch (error) {
    if (error instanceof SyntaxError) return NOBODY;
    throw error;
  }
}

/**
 * A lock file that one process of this machine holds at a time: the publish lock and the background lock of a clone, and
 * the locks of folders (`FolderLock`). It saves work; that no write is lost rests on compare-and-swap, never on this.
 */
export class ProcessLock {
  readonly #path: string;
  readonly #host: Host;
  readonly #make: typeof createDurably;
  #nonce: string | null = null;
  #isInherited = false;

  /** @param make creates the lock file whole; a lock that is held only briefly need not survive a power loss */
  constructor(path: string, host: Host, make: typeof createDurably = createDurably) {
    this.#path = path;
    this.#host = host;
    this.#make = make;
  }

  #isGone(holder: Holder): boolean {
    return holder.pid === 0 || isGone(holder, this.#host);
  }

  /** Whether a process that may be alive holds it. */
  async isHeld(): Promise<boolean> {
    return (await this.holder()) !== null;
  }

  /** The process that may be alive and holds it; null if none does. */
  async holder(): Promise<ProcessIdentity | null> {
    const current = await readHolder(this.#path);
    return current === null || this.#isGone(current) ? null : current;
  }

  /** Whether it was taken from a process that ended while it held the lock, and may have left its work half done. */
  get isInherited(): boolean {
    return this.#isInherited;
  }

  /** Takes the lock if it is free or its holder is gone; false if another process holds it. */
  async tryAcquire(): Promise<boolean> {
    this.#isInherited = false;
    const nonce = randomBytes(8).toString('hex');
    for (let attempt = 0; attempt < 2; attempt++) {
      // Reading is cheap, and most callers find the lock held.
      const current = await readHolder(this.#path);
      if (current && (!this.#isGone(current) || !(await this.#steal(current, nonce)))) return false;
      this.#isInherited ||= current !== null;
      if (await this.#create(nonce)) return true;
    }
    return false;
  }

  async #create(nonce: string): Promise<boolean> {
    const holder: Holder = { ...identityOf(this.#host.pid, this.#host), nonce };
    await privateFolder(dirname(this.#path));
    if (!(await this.#make(this.#path, JSON.stringify(holder)))) return false;
    this.#nonce = nonce;
    return true;
  }

  /** Moves the file of a holder that is gone out of the way; puts it back if a live holder has replaced it meanwhile. */
  async #steal(gone: Holder, nonce: string): Promise<boolean> {
    // A process often ends right after it releases the lock: the holder that was read may have done so, and another may
    // hold the lock now. Moving a live holder's file, even for a moment, would let a third process in.
    const current = await readHolder(this.#path);
    if (current === null) return true;
    if (current.nonce !== gone.nonce) return false;
    const aside = `${this.#path}.${nonce}.stolen`;
    try {
      await rename(this.#path, aside);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return true;
      throw error;
    }
    const moved = await readHolder(aside);
    const right = moved?.nonce === gone.nonce;
    if (!right) await putBack(aside, this.#path);
    await removeFile(aside);
    return right;
  }

  /** Releases the lock, unless another process has stolen it. */
  async release(): Promise<void> {
    const holder = await readHolder(this.#path);
    if (holder && holder.nonce === this.#nonce) await removeFile(this.#path);
    this.#nonce = null;
  }
}

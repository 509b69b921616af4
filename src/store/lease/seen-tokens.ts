import { join } from 'node:path';
import { InvalidStateError } from '../../errors.js';
import { encodeLockName } from '../../model/lease/lock-name.js';
import { lockSubject } from '../../model/subject/subject.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readdir } from '../../platform/small-files.js';
import { createDurably, privateFolder, removeFile } from '../local/durable-files.js';
import type { StateView } from '../port/state-store.js';
import { newestOf } from '../read/stored-events.js';

/** `<encoded name>.<token>`; encoded names contain no dot. */
const NOTE = /^([^.]+)\.(\d{1,16})$/;
/** No lock is taken this often. A higher token was forged, and must not block the lock once its ref is removed. */
const MAX_TOKEN = 2 ** 52;

/**
 * The highest fencing token that this clone has seen of each lock, so that a lock whose ref was deleted does not start
 * over. Each token is the name of an empty file, so that concurrent processes cannot overwrite each other's.
 */
export class SeenTokens {
  readonly #folder: string;

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string) {
    this.#folder = join(folder, 'lock-tokens');
  }

  /** The highest token seen of a lock; 0 if none was. */
  async highest(name: string): Promise<number> {
    return Math.max(0, ...(await this.#tokens(name)));
  }

  /** Records a token durably if it is higher than those before. Throws EnvironmentError. */
  async note(name: string, token: number): Promise<void> {
    if (token > MAX_TOKEN) return;
    const known = await this.#tokens(name);
    if (known.some((seen) => seen >= token)) return;
    await privateFolder(this.#folder);
    await createDurably(this.#path(name, token), '');
    for (const lower of known) await removeFile(this.#path(name, lower));
  }

  #path(name: string, token: number): string {
    return join(this.#folder, `${encodeLockName(name)}.${token}`);
  }

  async #tokens(name: string): Promise<number[]> {
    const files = await readdir(this.#folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    const encoded = encodeLockName(name);
    return files.flatMap((file) => {
      const [, of, token] = NOTE.exec(file) ?? [];
      return of === encoded ? Number(token) : [];
    });
  }
}

/** The token in the newest event of an ended lease, which includes other clones' tokens; 0 if there is no such event. */
export async function toldToken(view: StateView, name: string): Promise<number> {
  try {
    for await (const event of newestOf(view, lockSubject(name), 'lock_broken')) {
      const { parameters } = event.read();
      const token = isMap(parameters) ? parameters['token'] : undefined;
      if (typeof token === 'number' && Number.isSafeInteger(token) && token <= MAX_TOKEN) return token;
    }
  } catch (error) {
    // A damaged event must not prevent taking a lock; 'kgit verify' reports the damage.
    if (!(error instanceof InvalidStateError)) throw error;
  }
  return 0;
}

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { privateFolder, removeFile, replaceWhole } from '../../store/local/durable-files.js';
import type { Offer, Offers } from '../../store/port/state-store.js';
import type { ObjectReader } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';

const INBOX = 'refs/kgit/inbox/';
/** Where the remote's inboxes are noted here. */
const SEEN = 'refs/kgit/seen/inbox/';
/** So many clones' offers are looked at: more would make a push too large for its time. */
const MAX_INBOXES = 200;
const CLONE = /^[0-9a-f]{16}$/;

/**
 * The offers of clones as refs of their own, `refs/kgit/inbox/<clone>/<branch>`: a commit without files, the offer
 * its message. Only its clone moves it, so it never loses a race.
 */
export class InboxRefs implements Offers {
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #branch: string;
  /** Holds this clone's name among the inboxes, as long as it has one at the remote. */
  readonly #file: string;

  /** @param folder the clone's `kgit` folder */
  constructor(git: Git, reader: ObjectReader, { folder, branch }: { folder: string; branch: string }) {
    this.#git = git;
    this.#reader = reader;
    this.#branch = branch;
    this.#file = join(folder, 'inbox');
  }

  /** Options and refspec of a fetch that brings the inboxes along. */
  get fetchArgs(): { options: string[]; refspec: string } {
    return { options: ['--prune'], refspec: `+${INBOX}*/${this.#branch}:${SEEN}*/${this.#branch}` };
  }

  async read(): Promise<readonly Offer[]> {
    const own = await this.#own();
    const refs = await this.#git.text(['for-each-ref', '--format=%(objectname) %(refname)', SEEN]);
    const offers: Offer[] = [];
    for (const line of refs.split('\n').filter(Boolean).slice(0, MAX_INBOXES)) {
      const [oid = '', ref = ''] = line.split(' ');
      const clone = ref.slice(SEEN.length, -this.#branch.length - 1);
      if (!CLONE.test(clone) || !ref.endsWith(`/${this.#branch}`)) continue;
      const object = await this.#reader.read(oid);
      const text = object?.type === 'commit' ? object.data.toString('utf8') : '';
      offers.push({ clone, isOwn: clone === own, text: text.slice(text.indexOf('\n\n') + 2) });
    }
    return offers;
  }

  /** The refspec that lays down an offer, or takes this clone's inbox away; null where there is nothing to do. */
  async pushArg(offer: string | null): Promise<string | null> {
    const own = await this.#own();
    if (offer === null) return own === null ? null : `:${INBOX}${own}/${this.#branch}`;
    return `+${offer}:${INBOX}${own ?? (await this.#begin())}/${this.#branch}`;
  }

  async #own(): Promise<string | null> {
    try {
      const name = (await readFile(this.#file, 'utf8')).trim();
      return CLONE.test(name) ? name : null;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async #begin(): Promise<string> {
    const name = randomBytes(8).toString('hex');
    await privateFolder(dirname(this.#file));
    await replaceWhole(this.#file, `${name}\n`);
    return name;
  }

  /** Forgets this clone's inbox, which is at the remote no more. */
  end(): Promise<void> {
    return removeFile(this.#file);
  }
}

import { resolve } from 'node:path';
import { KgitError, UsageError } from '../../errors.js';
import type { FolderLock } from '../../store/folder-lock.js';
import { ScriptCall, ScriptFiles, type ScriptPlaces } from './script-call.js';
import { type Answer, SCRIPT_FUNCTIONS } from './script-functions.js';
import { type ScriptHost, ScriptSession } from './script-session.js';

/** What only reads needs no lock: a file is replaced whole, or grows by one write. */
const READS = /^(get_|phase_status$|vm_lines$|peer_addresses$|history_lines$)/;

/** A call as it comes from a script: the function, six places, its arguments. */
export type CallWords = readonly string[];

/** What goes back to the script. */
export interface Reply {
  readonly status: number;
  readonly out: string;
  /** For its stderr; empty for nothing. */
  readonly notes: string;
}

function placesOf([, cwd, folder, state, events, azureState, azureEvents]: CallWords): ScriptPlaces {
  const place = { cwd, folder, state, events, azureState, azureEvents };
  if (Object.values(place).some((path) => !path || path.includes('\0')))
    throw new UsageError('the variables that name the state files are not set');
  return place as ScriptPlaces;
}

/** Carries calls of scripts out, one at a time. */
export class CallServer {
  readonly #host: Omit<ScriptHost, 'note'>;
  readonly #lock: FolderLock;
  readonly #warning: (folder: string) => Promise<string | null>;
  #isWarned = false;
  readonly #files = new ScriptFiles();
  #last: Promise<unknown> = Promise.resolve();

  /** @param warning what is to be said of a folder of state files, at the first call; null for nothing */
  constructor(
    host: Omit<ScriptHost, 'note'>,
    lock: FolderLock,
    warning: (folder: string) => Promise<string | null>,
  ) {
    this.#host = host;
    this.#lock = lock;
    this.#warning = warning;
  }

  /** The reply to a call; what fails is in it, with the exit status that kgit has for it. */
  serve(words: CallWords): Promise<Reply> {
    const reply = this.#last.then(() => this.#reply(words));
    this.#last = reply.catch(() => undefined);
    return reply;
  }

  async #reply(words: CallWords): Promise<Reply> {
    const notes: string[] = [];
    try {
      const { out = '', status = 0 } = await this.#call(words, (message) => notes.push(`kgit: ${message}`));
      return { status, out, notes: notes.join('\n') };
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      // What the scripts' own library could not do ended with 1; the others are kgit's.
      const status = error.code === 'INVALID_STATE' || error.code === 'USAGE' ? 1 : error.exitCode;
      return { status, out: '', notes: [...notes, `kgit: ${error.message}`].join('\n') };
    }
  }

  async #call(words: CallWords, note: (message: string) => void): Promise<Answer> {
    const [name = ''] = words;
    const run = SCRIPT_FUNCTIONS.get(name);
    if (!run) throw new UsageError(`${name} is no function of the state library`);
    const places = placesOf(words);
    const host: ScriptHost = { ...this.#host, note };
    const session = new ScriptSession(host);
    const call = new ScriptCall(places, words.slice(7), { host, session, files: this.#files });
    const folder = resolve(places.cwd, places.folder);
    const exclusively = <T>(work: () => Promise<T>) => this.#lock.exclusively(folder, work);
    if (!this.#isWarned) {
      this.#isWarned = true;
      // Beside the other scripts: between a file and its record it would look as if kgit had not written it.
      const warning = await exclusively(() => this.#warning(folder));
      if (warning !== null) note(warning);
    }
    return READS.test(name) ? run(call) : exclusively(() => run(call));
  }
}

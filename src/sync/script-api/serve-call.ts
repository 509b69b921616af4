import { resolve } from 'node:path';
import { KgitError, UsageError } from '../../errors.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import type { UnfinishedCalls } from '../../store/local/unfinished-calls.js';
import { ScriptCall, ScriptFiles, type ScriptPlaces } from './script-call.js';
import { isFile } from './script-file.js';
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

/** What a server of calls is handed. */
export interface CallServerParts {
  readonly host: Omit<ScriptHost, 'note' | 'touches'>;
  readonly lock: FolderLock;
  readonly unfinished: UnfinishedCalls;
  /** What is to be said of a folder of state files, at the first call; null for nothing. */
  readonly warning: (folder: string) => Promise<string | null>;
}

/** Carries calls of scripts out, one at a time. */
export class CallServer {
  readonly #parts: CallServerParts;
  #isWarned = false;
  readonly #files = new ScriptFiles();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: CallServerParts) {
    this.#parts = parts;
  }

  /** Records what calls have left in files that died before it was in the outbox. To be done before the first call. */
  async mendAll(): Promise<void> {
    for (const { folder } of await this.#parts.unfinished.all())
      try {
        await this.#parts.lock.exclusively(folder, () => this.#mend(folder));
      } catch (error) {
        // The note stays: the next call in that folder fails with it and says why. Scripts of other folders go on.
        if (!(error instanceof KgitError)) throw error;
      }
  }

  /** Only under the lock of the folder: a call under way holds it. */
  async #mend(folder: string): Promise<void> {
    const { unfinished, host } = this.#parts;
    const call = await unfinished.noted(folder);
    if (call === null) return;
    const paths: string[] = [];
    // What is no file holds nothing of a call, each of which writes files whole.
    for (const path of call.paths) if (await isFile(path)) paths.push(path);
    // What an entry of an event file is recorded as follows from the entry: nothing is recorded twice.
    await host.importFiles(paths);
    await unfinished.end(folder);
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
    const { lock, warning, unfinished } = this.#parts;
    const folder = resolve(places.cwd, places.folder);
    const paths = [places.state, places.events, places.azureState, places.azureEvents].map((path) =>
      resolve(places.cwd, path),
    );
    const host: ScriptHost = {
      ...this.#parts.host,
      note,
      touches: (more) => unfinished.extend({ folder, paths: [...paths, ...more] }),
    };
    const session = new ScriptSession(host);
    const call = new ScriptCall(places, words.slice(7), { host, session, files: this.#files });
    if (!this.#isWarned) {
      this.#isWarned = true;
      // Beside the other scripts: between a file and its record it would look as if kgit had not written it.
      const told = await lock.exclusively(folder, () => warning(folder));
      if (told !== null) note(told);
    }
    try {
      return await (READS.test(name) ? run(call) : this.#changing(folder, paths, () => run(call)));
    } finally {
      for (const message of this.#files.takeNews()) note(message);
    }
  }

  /** Carries a call out that changes files, under the lock of their folder and with a note for whoever comes if it dies. */
  #changing(folder: string, paths: readonly string[], run: () => Promise<Answer>): Promise<Answer> {
    const { lock, unfinished } = this.#parts;
    return lock.exclusively(folder, async () => {
      if (!(await unfinished.begin({ folder, paths }))) {
        await this.#mend(folder);
        await unfinished.extend({ folder, paths });
      }
      try {
        const answer = await run();
        await unfinished.end(folder);
        return answer;
      } catch (error) {
        // It had changed nothing. Of others what they have left in the files is recorded by the next call.
        if (error instanceof UsageError) await unfinished.end(folder);
        throw error;
      }
    });
  }
}

import { resolve } from 'node:path';
import { KgitError, UsageError } from '../../errors.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import type { UnfinishedCalls } from '../../store/local/unfinished-calls.js';
import { ScriptCall, ScriptFiles, type ScriptPlaces } from './script-call.js';
import { isFile } from './script-file.js';
import { type Answer, SCRIPT_FUNCTIONS } from './script-functions.js';
import { type ScriptHost, ScriptSession } from './script-session.js';

/** Reads need no lock: files are replaced atomically, or grow by one write. */
const READS = /^(get_|phase_status$|vm_lines$|peer_addresses$|history_lines$)/;

/** A call from a script: the function, six places, its arguments. */
export type CallWords = readonly string[];

/** The reply to the script. */
export interface Reply {
  readonly status: number;
  readonly out: string;
  /** For its stderr; empty for none. */
  readonly notes: string;
}

function placesOf([, cwd, folder, state, events, azureState, azureEvents]: CallWords): ScriptPlaces {
  const place = { cwd, folder, state, events, azureState, azureEvents };
  if (Object.values(place).some((path) => !path || path.includes('\0')))
    throw new UsageError('the variables that name the state files are not set');
  return place as ScriptPlaces;
}

/** The parts that a call server needs. */
export interface CallServerParts {
  readonly host: Omit<ScriptHost, 'note' | 'folder' | 'touches' | 'removes'>;
  readonly lock: FolderLock;
  readonly unfinished: UnfinishedCalls;
  /** Returns the warning about a folder of state files, at the first call; null for none. */
  readonly warning: (folder: string) => Promise<string | null>;
}

/** Executes calls of scripts, one at a time. */
export class CallServer {
  readonly #parts: CallServerParts;
  #isWarned = false;
  readonly #files = new ScriptFiles();
  /** What the next call tells. */
  readonly #told: string[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: CallServerParts) {
    this.#parts = parts;
  }

  /** Records what is left in files by calls that died before it reached the outbox. Must run before the first call. */
  async mendAll(): Promise<void> {
    for (const { folder } of await this.#parts.unfinished.all())
      try {
        await this.#parts.lock.exclusively(folder, () => this.#mend(folder));
      } catch (error) {
        // The record stays: the next call in that folder fails and reports the error. Scripts of other folders
        // continue.
        if (!(error instanceof KgitError)) throw error;
      }
  }

  /** Requires the lock of the folder, which a running call holds. */
  async #mend(folder: string): Promise<void> {
    const { unfinished, host } = this.#parts;
    const call = await unfinished.noted(folder);
    if (call === null) return;
    const paths: string[] = [];
    // Calls only write regular files, so anything else contains nothing of a call.
    for (const path of call.paths) if (await isFile(path)) paths.push(path);
    // The id of an event follows from its entry, so nothing is recorded twice.
    await host.importFiles(paths, (message) => this.#told.push(message));
    // The event of a removal is in no file. Its operation keeps its id, so it is not recorded twice either.
    if (call.removal && paths.length < call.paths.length) await host.keep(call.removal);
    await unfinished.end(folder);
  }

  /** Executes a call. Errors are part of the reply, with kgit's exit status for them. */
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
      // Errors that the scripts' own library also had exit with 1, as there; the others have kgit's status.
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
      ...{ note, folder },
      touches: (more) => unfinished.extend({ folder, paths: [...paths, ...more] }),
      removes: (files, removal) => unfinished.extend({ folder, paths: files, removal }),
    };
    const session = new ScriptSession(host);
    const call = new ScriptCall(places, words.slice(7), { host, session, files: this.#files });
    if (!this.#isWarned) {
      this.#isWarned = true;
      // Under the lock: a file that was written but not yet recorded would look as if written without kgit.
      const told = await lock.exclusively(folder, () => warning(folder));
      if (told !== null) note(told);
    }
    try {
      return await (READS.test(name) ? run(call) : this.#changing(folder, paths, () => run(call)));
    } finally {
      for (const message of [...this.#told.splice(0), ...this.#files.takeNews()]) note(message);
    }
  }

  /** Executes a call that changes files under the folder's lock, and records it in case it dies. */
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
        // It changed nothing. After any other error, the next call records what was left in the files.
        if (error instanceof UsageError) await unfinished.end(folder);
        throw error;
      }
    });
  }
}

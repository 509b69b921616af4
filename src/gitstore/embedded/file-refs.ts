import { join } from 'node:path';
import type { EnvironmentError } from '../../errors.js';
import type { Revision } from '../../store/port/state-store.js';
import type { RefStore } from '../branch/refs.js';
import { gitFailed } from '../process/git.js';
import { cloneFault } from '../repository/clone-fault.js';
import { namesIn, textAt } from './files.js';
import type { HeldLocks, LockFiles, LockPlace } from './lock-files.js';

const OID = /^[0-9a-f]{40}$/;
/** Names that `git check-ref-format` accepts, as far as kgit uses them: none leads out of the folder `refs`. */
export const REF_NAME =
  /^(?!.*(?:\/\.|\.\.|\/\/|@\{|\.lock(?:\/|$)|[/.]$))(?:HEAD|refs\/[^\u0000-\u0020\u007f~^:?*[\\]+)$/;
const PACKED = 'packed-refs';
const NOTHING = '0'.repeat(40);
/** How many symbolic refs are followed. */
const MAX_LINKS = 5;

/** A move of a ref; `from` is null if it must not exist, undefined if it may be anywhere. */
interface Move {
  readonly ref: string;
  readonly to: Revision | null;
  readonly from: Revision | null | undefined;
}

const MOVE = /^(update|create|delete) (\S+)(?: ([0-9a-f]{40}))?(?: ([0-9a-f]{40}))?$/;

function parseMove(line: string): Move {
  const [, verb, ref = '', one, two] = MOVE.exec(line) ?? [];
  const old = (oid: string | undefined) => (oid === NOTHING ? null : oid);
  if (!REF_NAME.test(ref)) throw new RangeError(`${line} names no ref`);
  if (verb === 'create' && one) return { ref, to: one, from: null };
  if (verb === 'update' && one) return { ref, to: one, from: old(two) };
  if (verb === 'delete') return { ref, to: null, from: old(one) };
  throw new RangeError(`${line} moves no ref`);
}

/** The refs of a repository in git's own files, moved under git's own locks (`REF.lock`, `packed-refs.lock`). */
export class FileRefs implements RefStore {
  readonly #place: Pick<LockPlace, 'fs' | 'commonDir'>;
  readonly #locks: LockFiles;
  /** Moves of this process go one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(place: Pick<LockPlace, 'fs' | 'commonDir'>, locks: LockFiles) {
    this.#place = place;
    this.#locks = locks;
  }

  #path(name: string): string {
    return join(this.#place.commonDir, name);
  }

  async read(names: readonly string[]): Promise<Map<string, Revision>> {
    const found = new Map<string, Revision | undefined>();
    for (const name of names) found.set(name, (await this.#loose(name)) ?? undefined);
    // A git that packs refs removes their own files last, so `packed-refs` is read after these.
    const isPacked = [...found.values()].includes(undefined);
    const packed = isPacked ? await this.#packed() : new Map<string, Revision>();
    return new Map(
      [...found].flatMap(([name, loose]) => {
        const oid = loose ?? packed.get(name);
        return oid === undefined ? [] : [[name, oid]];
      }),
    );
  }

  async list(names: readonly string[]): Promise<Map<string, Revision>> {
    const isWanted = (ref: string) =>
      names.some((name) => ref === name || ref.startsWith(name.endsWith('/') ? name : `${name}/`));
    const all: string[] = [];
    for (const name of names) all.push(...(await this.#looseBelow(name.replace(/\/$/, ''))));
    all.push(...(await this.#packed()).keys());
    const found = await this.read([...new Set(all)].filter(isWanted));
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * The commit that a ref in a file of its own points to; symbolic refs are followed. Throws EnvironmentError for a file
   * that holds neither: an older value in `packed-refs` would hide the commits after it.
   */
  async #loose(name: string, links = 0): Promise<Revision | null> {
    if (!REF_NAME.test(name)) return null;
    const text = (await textAt(this.#place.fs, this.#path(name)))?.trimEnd();
    if (text === undefined) return null;
    if (OID.test(text)) return text;
    const target = /^ref: (refs\/.+)$/.exec(text)?.[1] ?? '';
    if (!REF_NAME.test(target) || links >= MAX_LINKS) throw brokenRef(name);
    return (await this.#loose(target, links + 1)) ?? (await this.#packed()).get(target) ?? null;
  }

  async #looseBelow(name: string): Promise<string[]> {
    const names = await namesIn(this.#place.fs, this.#path(name));
    const isOwn = REF_NAME.test(name) && (await textAt(this.#place.fs, this.#path(name))) !== null;
    const below = await Promise.all(names.map((each) => this.#looseBelow(`${name}/${each}`)));
    return [...(isOwn ? [name] : []), ...below.flat()];
  }

  async #packed(): Promise<ReadonlyMap<string, Revision>> {
    const text = (await textAt(this.#place.fs, this.#path('packed-refs'))) ?? '';
    const lines = text.matchAll(/^([0-9a-f]{40}) (\S+)$/gm);
    return new Map([...lines].map(([, oid = '', ref = '']) => [ref, oid]));
  }

  apply(moves: readonly string[]): Promise<string | null> {
    const lines = moves.join('').split('\n').filter(Boolean);
    const applied = this.#queue.then(() => this.#apply(lines.map(parseMove)));
    this.#queue = applied.catch(() => undefined);
    return applied;
  }

  /** Removes the locks that killed processes of kgit left. Throws EnvironmentError. */
  removeLeftBehind(): Promise<void> {
    return this.#locks.removeLeftBehind();
  }

  async #apply(moves: readonly Move[]): Promise<string | null> {
    const gone = moves.filter(({ to }) => to === null).map(({ ref }) => ref);
    const wanted = moves.map(({ ref, to }) => ({ name: ref, text: to === null ? null : `${to}\n` }));
    // It comes first: an older value in it would show once the file of the ref is gone.
    const packed = gone.length > 0 ? [{ name: PACKED, text: '' }] : [];
    const held = await this.#locks.take([...packed, ...wanted]);
    try {
      const lost = await this.#lost(moves);
      if (lost !== null) return lost;
      if (gone.length > 0) await this.#unpack(new Set(gone), held);
      if (moves.length > 1) await held.decide();
      await held.finish();
      return null;
    } finally {
      await held.release();
    }
  }

  /** git's message about the first ref that is not where its move starts; null if all are. */
  async #lost(moves: readonly Move[]): Promise<string | null> {
    const now = await this.read(moves.map(({ ref }) => ref));
    for (const { ref, from, to } of moves) {
      const at = now.get(ref) ?? null;
      const begins = `cannot lock ref '${ref}': `;
      if (from !== undefined && at !== from) {
        if (from === null) return `${begins}reference already exists`;
        return (
          begins + (at === null ? `unable to resolve reference '${ref}'` : `is at ${at} but expected ${from}`)
        );
      }
      const clash = at === null && to !== null ? await this.#clash(ref) : null;
      if (clash !== null) {
        const said = `fatal: ${begins}'${clash}' exists; cannot create '${ref}'`;
        throw cloneFault(said) ?? gitFailed(['update-ref'], 128, said);
      }
    }
    return null;
  }

  /** A ref above or below this one: to git, `a` is a file or a folder. */
  async #clash(ref: string): Promise<string | null> {
    const above = ref.split('/').slice(0, -1);
    const folders = above.map((_, i) => above.slice(0, i + 1).join('/')).slice(2);
    const [found] = [...(await this.read(folders)).keys(), ...(await this.list([`${ref}/`])).keys()];
    return found ?? null;
  }

  /** Has the lock of `packed-refs` hold all refs but these. */
  async #unpack(gone: ReadonlySet<string>, held: HeldLocks): Promise<void> {
    const text = (await textAt(this.#place.fs, this.#path(PACKED))) ?? '';
    const kept: string[] = [];
    let isGone = false;
    for (const line of text.split('\n').filter(Boolean)) {
      // A line with ^ is about the tag above it.
      if (!line.startsWith('^')) isGone = gone.has(line.slice(41));
      if (!isGone) kept.push(`${line}\n`);
    }
    if (kept.join('') === text) held.keep(PACKED);
    else await held.write(PACKED, kept.join(''));
  }
}

function brokenRef(name: string): EnvironmentError {
  const said = `fatal: bad object ${name}`;
  return cloneFault(said) ?? gitFailed(['update-ref'], 128, said);
}

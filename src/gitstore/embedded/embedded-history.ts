import { isRevisionId, originLine } from '../../model/operation/origin-trailer.js';
import type { CutOff, History, TimelineEntry, WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { RefStore } from '../branch/refs.js';
import { cutOff, naming } from '../history/git-history.js';
import { placesOn } from '../history/places.js';
import { isRevisionName } from '../history/revisions.js';
import { wholeRevisions } from '../history/whole-revisions.js';
import type { CommitLine } from './commit-line.js';
import { parseCommit } from './object-formats.js';
import type { StoredObjects } from './stored-objects.js';
import { treeDifferences } from './tree-edits.js';

/** What a history is read from. */
export interface HistoryParts {
  readonly objects: StoredObjects;
  readonly refs: RefStore;
  readonly line: CommitLine;
  readonly isShallow: boolean;
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
}

/** Where git looks for a short name, in order. */
const PLACES = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

/** The commits of the state branch, along first parents. */
export class EmbeddedHistory implements History {
  readonly cutOff: CutOff | null;
  readonly naming: readonly [string, ...string[]];
  readonly #parts: HistoryParts;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.cutOff = parts.isShallow ? cutOff(parts.remote) : null;
    this.naming = naming(parts.remote);
  }

  async resolve(name: string): Promise<Revision | null> {
    if (!isRevisionName(name)) return null;
    const [, base = '', steps = ''] = /^(.*?)((?:[~^]\d*)*)$/s.exec(name) ?? [];
    let at = await this.#named(base);
    for (const [, kind, number = '1'] of steps.matchAll(/([~^])(\d*)/g)) {
      const count = number === '' ? 1 : Number(number);
      for (let i = 0; kind === '~' && i < count && at !== null; i++) at = await this.#parent(at, 1);
      if (kind === '^' && count > 0 && at !== null) at = await this.#parent(at, count);
    }
    return at;
  }

  async #parent(revision: Revision, number: number): Promise<Revision | null> {
    const { line } = this.#parts;
    if ((await line.shallow()).has(revision)) return null;
    return (await line.commit(revision)).parents[number - 1] ?? null;
  }

  async #named(name: string): Promise<Revision | null> {
    const { refs, objects } = this.#parts;
    const names = [
      ...PLACES.map((place) => place + (name === '@' ? 'HEAD' : name)),
      `refs/remotes/${name}/HEAD`,
    ];
    const found = await refs.read(names.filter((each) => /^(HEAD|refs\/.+)$/.test(each)));
    const [ref] = names.filter((each) => found.has(each));
    if (ref !== undefined) return this.#peeled(found.get(ref) as string);
    if (!/^[0-9a-f]{4,40}$/.test(name)) return null;
    if (name.length === 40) return this.#peeled(name);
    const [oid, ...others] = await objects.beginningWith(name);
    return oid === undefined || others.length > 0 ? null : this.#peeled(oid);
  }

  /** The commit that an object is, or that a tag is about. */
  async #peeled(oid: string): Promise<Revision | null> {
    const object = (await this.#parts.objects.has(oid)) ? await this.#parts.objects.object(oid) : null;
    if (object?.type === 'commit') return oid;
    const target =
      object?.type === 'tag' ? /^object ([0-9a-f]{40})$/m.exec(object.data.toString('utf8'))?.[1] : null;
    return target ? this.#peeled(target) : null;
  }

  async revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    for await (const { oid, commit } of this.#parts.line.line(revision))
      if (commit.committed <= Math.floor(time / 1000)) return oid;
    return null;
  }

  parentOf(revision: Revision): Promise<Revision | null> {
    return this.#parent(revision, 1);
  }

  async copyOf(origin: string, revision: Revision): Promise<Revision | null> {
    if (!isRevisionId(origin)) return null;
    const begin = originLine(origin);
    for await (const { oid, commit } of this.#parts.line.line(revision))
      if (commit.message.split('\n').some((text) => text.startsWith(begin))) return oid;
    return null;
  }

  async *whole(after: Revision | null, to: Revision): AsyncGenerator<WholeRevision> {
    yield* wholeRevisions(this.#parts.line, this.#parts.objects, after, to);
  }

  async *timeline(revision: Revision): AsyncGenerator<TimelineEntry> {
    const { line, objects } = this.#parts;
    for await (const { oid, commit } of line.line(revision)) {
      const added: string[] = [];
      for await (const { path, before } of treeDifferences(
        objects,
        await line.before(oid, commit),
        commit.tree,
      ))
        if (before === null) added.push(path);
      yield { revision: oid, added };
    }
  }

  async placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const commits: [string, Revision][] = [];
    for await (const { oid, commit } of this.#parts.line.line(revision))
      commits.push([String(commit.committed), oid]);
    return placesOn(commits, this.#parts.objects, paths);
  }

  async filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    const { objects } = this.#parts;
    const { tree } = parseCommit(await objects.need(revision, 'commit'));
    const wanted = texts.map((text) => text.toLowerCase());
    const found: string[] = [];
    for await (const { path, after } of treeDifferences(objects, null, tree)) {
      const object = after === null || after.mode === '160000' ? null : await objects.object(after.oid);
      const text = object?.data.toString('utf8').toLowerCase() ?? '';
      if (wanted.some((part) => text.includes(part))) found.push(path);
    }
    return found;
  }
}

import type { Revision } from '../../store/port/state-store.js';
import type { Graph } from '../history/graph.js';
import { type Line, NO_FILE, type PrintedChange, type PrintedCommit } from '../history/printed-commits.js';
import { type CommitHeader, parseCommit } from './object-formats.js';
import type { ShallowFile } from './shallow-file.js';
import type { StoredObjects } from './stored-objects.js';
import { treeDifferences } from './tree-edits.js';

/** A commit, and which of the walked tips lead to it, a bit each. */
interface Met {
  readonly oid: Revision;
  readonly commit: CommitHeader;
  reached: number;
}

/** How many commits are kept in memory. */
const MAX_KEPT = 20_000;

/** The commits of a repository, and how they lead to each other. */
export class CommitLine implements Graph, Line {
  readonly #objects: StoredObjects;
  readonly #shallow: ShallowFile;
  readonly #known = new Map<Revision, CommitHeader>();

  constructor(objects: StoredObjects, shallow: ShallowFile) {
    this.#objects = objects;
    this.#shallow = shallow;
  }

  /** The commits whose parents are cut off. */
  shallow(): Promise<ReadonlySet<Revision>> {
    return this.#shallow.read();
  }

  async isShallow(): Promise<boolean> {
    return (await this.shallow()).size > 0;
  }

  /** Reads a commit, as it is stored. Throws InvalidStateError if it is missing. */
  async commit(oid: Revision): Promise<CommitHeader> {
    const known = this.#known.get(oid);
    if (known) return known;
    const commit = parseCommit(await this.#objects.need(oid, 'commit'));
    if (this.#known.size >= MAX_KEPT) this.#known.clear();
    this.#known.set(oid, commit);
    return commit;
  }

  /** Walks along first parents, newest first. */
  async *line(from: Revision): AsyncGenerator<{ readonly oid: Revision; readonly commit: CommitHeader }> {
    const cut = await this.shallow();
    for (let oid: Revision | undefined = from; oid !== undefined; ) {
      const commit: CommitHeader = await this.commit(oid);
      yield { oid, commit };
      oid = cut.has(oid) ? undefined : commit.parents[0];
    }
  }

  /**
   * Walks all commits that lead to any of the tips, newest first, with a bit for each tip that it leads to.
   * @param isOver ends the walk when it holds for all commits that are to be visited
   */
  async *#walk(tips: readonly Revision[], isOver: (met: Met) => boolean): AsyncGenerator<Met> {
    const cut = await this.shallow();
    const all = new Map<Revision, Met>();
    const queue: Met[] = [];
    const meet = async (oid: Revision, reached: number) => {
      const known = all.get(oid);
      if (known && (known.reached | reached) === known.reached) return;
      const met = known ?? { oid, commit: await this.commit(oid), reached };
      met.reached |= reached;
      all.set(oid, met);
      if (queue.includes(met)) return;
      // The newest is at the end.
      let at = queue.length;
      while (at > 0 && (queue[at - 1] as Met).commit.committed > met.commit.committed) at--;
      queue.splice(at, 0, met);
    };
    for (const [i, tip] of tips.entries()) await meet(tip, 1 << i);
    while (queue.length > 0 && !queue.every(isOver)) {
      const met = queue.pop() as Met;
      yield met;
      if (!cut.has(met.oid)) for (const parent of met.commit.parents) await meet(parent, met.reached);
    }
  }

  async isAncestor(older: Revision, newer: Revision): Promise<boolean> {
    return older === newer || (await this.mergeBase(older, newer)) === older;
  }

  /** The newest common ancestor; null if none is known here. */
  async mergeBase(one: Revision, other: Revision): Promise<Revision | null> {
    if (one === other) return one;
    for (const tip of [one, other]) if (!(await this.#objects.has(tip))) return null;
    for await (const { oid, reached } of this.#walk([one, other], () => false)) if (reached === 3) return oid;
    return null;
  }

  async haveCommonHistory(one: Revision, other: Revision): Promise<boolean> {
    return (await this.mergeBase(one, other)) !== null;
  }

  async count(tip: Revision, ...without: readonly Revision[]): Promise<number> {
    const counted = new Set<Revision>();
    const isExcluded = ({ reached }: Met) => reached !== 1;
    for await (const met of this.#walk([tip, ...without.slice(0, 30)], isExcluded)) {
      if (isExcluded(met)) counted.delete(met.oid);
      else counted.add(met.oid);
    }
    return counted.size;
  }

  /** The tree of a commit's first parent; null if that is not here. */
  async before(oid: Revision, { parents }: CommitHeader): Promise<string | null> {
    const [parent] = parents;
    if (parent === undefined || (await this.shallow()).has(oid)) return null;
    return (await this.commit(parent)).tree;
  }

  async *commits(after: Revision | null, to: Revision): AsyncGenerator<PrintedCommit> {
    const newestFirst: Revision[] = [];
    for await (const { oid } of this.line(to)) {
      if (oid === after) break;
      newestFirst.push(oid);
    }
    for (const revision of newestFirst.reverse()) {
      const commit = await this.commit(revision);
      const { author, email, authored, committed, message } = commit;
      yield {
        revision,
        parent: commit.parents[0] ?? null,
        author: { name: author, email },
        authored: authored * 1000,
        committed: committed * 1000,
        message,
        changes: await this.#changes(await this.before(revision, commit), commit.tree),
      };
    }
  }

  async differences(from: Revision, to: Revision): Promise<readonly PrintedChange[]> {
    return this.#changes((await this.commit(from)).tree, (await this.commit(to)).tree);
  }

  async #changes(from: string | null, to: string): Promise<PrintedChange[]> {
    const changes: PrintedChange[] = [];
    for await (const { path, before, after } of treeDifferences(this.#objects, from, to))
      changes.push({
        path,
        was: before?.mode ?? NO_FILE,
        mode: after?.mode ?? NO_FILE,
        oid: after?.oid ?? '',
      });
    return changes;
  }
}

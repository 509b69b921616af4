import type { OtherHistory, Rewrite } from '../../store/port/shared-history.js';
import type { Revision } from '../../store/port/state-store.js';
import { type Ancestry, wentForwards } from '../history/ancestry.js';
import type { Graph } from '../history/graph.js';
import { branchGone, unrelatedHistory } from '../history/other-history.js';
import type { GitResult } from '../process/git.js';
import { retriedFetch } from '../process/retried-fetch.js';
import type { Remote } from './git-remote.js';
import { KnownTip, type LostTip } from './known-tip.js';
import type { LeftBehind } from './left-behind.js';
import { fetchFailure, remoteFailure } from './push-outcome.js';
import { branchMove, type RefStore } from './refs.js';

export interface FetchedBranchOptions {
  readonly branch: string;
  /** Name of the remote. */
  readonly remote: string;
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  /** Whether kgit made the clone and may fetch more of its history. */
  readonly isManaged: boolean;
  /** A tip that was known before this clone was made and that the remote no longer has. */
  readonly lostTip: LostTip | null;
  readonly leftBehind: Pick<LeftBehind, 'noteFormer'>;
}

/** What a fetched branch works with. */
export interface BranchParts {
  readonly remote: Remote;
  readonly refs: RefStore;
  readonly graph: Graph;
  readonly ancestry: Ancestry;
}

/** The remote's branch, as this clone knows it. */
export class FetchedBranch {
  /** Called when a fetch shows a rewrite, before the tracking ref moves, so that a kill in between loses nothing. */
  onRewrite: ((rewrite: Rewrite) => Promise<void>) | undefined;
  readonly trackingRef: string;
  /** The tracking ref of the user's own git. */
  readonly usersRef: string;
  readonly #remote: Remote;
  readonly #refs: RefStore;
  readonly #graph: Graph;
  readonly #ancestry: Ancestry;
  readonly #options: FetchedBranchOptions;
  readonly #branchRef: string;
  /** The remote's tip while a rewrite is being examined. */
  readonly #foundRef: string;
  /** The remote's tip when it was last asked for or moved; undefined before that. */
  #last: Revision | null | undefined;
  #lostTip: LostTip | null;
  readonly #known: KnownTip;

  constructor(parts: BranchParts, options: FetchedBranchOptions) {
    const { branch, remote, folder, lostTip } = options;
    this.#lostTip = lostTip;
    this.#known = new KnownTip(folder);
    this.#remote = parts.remote;
    this.#refs = parts.refs;
    this.#graph = parts.graph;
    this.#ancestry = parts.ancestry;
    this.#options = options;
    this.#branchRef = `refs/heads/${branch}`;
    this.trackingRef = `refs/kgit/remote/${branch}`;
    this.#foundRef = `refs/kgit/found/${branch}`;
    this.usersRef = `refs/remotes/${remote}/${branch}`;
  }

  /** The branch and its remote. */
  get place(): Pick<FetchedBranchOptions, 'branch' | 'remoteName'> {
    const { branch, remoteName } = this.#options;
    return { branch, remoteName };
  }

  /** Records the remote's tip. Throws EnvironmentError. */
  async noteMoved(tip: Revision | null): Promise<void> {
    this.#last = tip;
    if (this.#options.isManaged && tip !== null) await this.#known.note(tip);
  }

  /** Takes the remote's tip to be where another clone of the user on this machine found it, or brought it. */
  believe(tip: Revision): void {
    this.#last = tip;
  }

  /** Makes sure that nothing is built on a history that replaced the known one unseen. Throws ConflictError. */
  async check(base: Revision | null): Promise<void> {
    if (this.#lostTip && base) await this.#tellLost(this.#lostTip, base);
  }

  /** Where the remote's branch must be for a push on top of `base`; null if it must not exist yet. */
  async expected(base: Revision | null): Promise<Revision | null> {
    if (base === null || this.#last === null) return null;
    if (this.#last === base) return base;
    const known = await this.#refs.read([this.trackingRef, this.usersRef]);
    // A local branch that was never published is the base of the push that creates the remote's.
    return [...known.values()].includes(base) ? base : null;
  }

  /**
   * Fetches the branch and moves the tracking ref to its tip. Throws ConflictError for a history that has nothing in
   * common with the known one, RemoteError, EnvironmentError.
   * @param askLocal returns what is known here if kgit has never fetched
   * @returns the tip; null if the remote has no such branch yet
   */
  async fetch(askLocal: () => Promise<Revision | null>, timeoutMs: number): Promise<Revision | null> {
    const before = await this.#refs.read([this.trackingRef, this.usersRef]);
    const known = before.get(this.trackingRef);
    const local = known ? null : await askLocal();
    const result = await this.#talk(`${this.#branchRef}:${this.trackingRef}`, timeoutMs);
    const isEmpty = /couldn't find remote ref/.test(result.stderr);
    // git refuses to move the tracking ref to a tip that does not contain the old one.
    const isRejected = known !== undefined && /^ ! \[rejected\]/m.test(result.stderr);
    if (result.code !== 0 && !isEmpty && !isRejected) throw fetchFailure(result, this.#options.remoteName);
    if (isEmpty && known) throw await this.#gone(known, timeoutMs);
    const tip = isEmpty
      ? null
      : isRejected
        ? await this.#rewritten(known, timeoutMs)
        : ((await this.#tracked()) ?? null);
    if (tip && known && !isRejected && wentForwards(result.stderr, this.trackingRef, known, tip))
      this.#ancestry.note(known, tip);
    if (tip && local) await this.#first(local, local === before.get(this.usersRef), tip, timeoutMs);
    if (tip && this.#lostTip) await this.#tellLost(this.#lostTip, tip);
    await this.noteMoved(tip);
    return tip;
  }

  /** The two histories, if the remote's has nothing in common with the one known here; null if they are related. */
  async otherHistory(timeoutMs: number): Promise<OtherHistory | null> {
    const refs = await this.#refs.read([this.trackingRef, this.usersRef]);
    const tracked = refs.get(this.trackingRef);
    const known = tracked ?? refs.get(this.usersRef);
    if (known === undefined) return null;
    if (this.#lostTip) {
      const { tip } = this.#lostTip;
      return { known: tip, found: known, knownCount: null, foundCount: await this.#graph.count(known) };
    }
    const found = await this.#find(timeoutMs);
    if (found === known || (await this.#areRelated(known, found, timeoutMs))) return null;
    // The fetch may have moved the user's own ref, the only one that pointed to it.
    if (tracked === undefined) await this.#refs.apply([`update ${this.trackingRef} ${known}\n`]);
    const [knownCount, foundCount] = [await this.#graph.count(known), await this.#graph.count(found)];
    return { known, found, knownCount, foundCount };
  }

  /** Adopts the remote's history for this clone. Throws EnvironmentError. */
  async accept({ known, found, knownCount }: OtherHistory): Promise<void> {
    await this.#tell({ from: known, to: found, removed: knownCount, cause: 'moved' });
    if (this.#lostTip) this.#lostTip = null;
    else await this.#moveTo(found, known);
    await this.noteMoved(found);
  }

  async #tracked(): Promise<Revision | undefined> {
    return (await this.#refs.read([this.trackingRef])).get(this.trackingRef);
  }

  #talk(refspec: string, timeoutMs: number): Promise<GitResult> {
    return retriedFetch(() => this.#remote.fetch([refspec], { timeoutMs }));
  }

  /** The error for a branch that is gone from the remote, or for a remote that is no git server any more. */
  async #gone(known: Revision, timeoutMs: number): Promise<Error> {
    const { remoteName, branch } = this.#options;
    const { error } = remoteFailure(await this.#remote.probe(branch, known, timeoutMs), remoteName);
    return error.causeWord === 'not-git' ? error : branchGone(this.place);
  }

  /** Fetches the remote's tip, whatever it is built on; the tracking ref stays. */
  async #find(timeoutMs: number): Promise<Revision> {
    const result = await this.#talk(`+${this.#branchRef}:${this.#foundRef}`, timeoutMs);
    const found = (await this.#refs.read([this.#foundRef])).get(this.#foundRef);
    if (result.code !== 0 || !found) throw fetchFailure(result, this.#options.remoteName);
    return found;
  }

  /** Handles a remote branch that no longer contains the known tip. */
  async #rewritten(known: Revision, timeoutMs: number): Promise<Revision> {
    const found = await this.#find(timeoutMs);
    // Another process of this clone may have handled it, or somebody has restored the branch meanwhile.
    if (found !== known && !(await this.#ancestry.isAncestor(known, found))) {
      if (!(await this.#areRelated(known, found, timeoutMs)))
        throw unrelatedHistory(this.#options, { known, found });
      await this.#tell(await this.#judge(known, found, timeoutMs));
    }
    await this.#moveTo(found, known);
    return found;
  }

  /** Compares the first tip that kgit fetches here with the one that the user's git, or this clone itself, knows. */
  async #first(local: Revision, isRemotes: boolean, tip: Revision, timeoutMs: number): Promise<void> {
    if (local === tip || (await this.#ancestry.isAncestor(local, tip))) return;
    if (!(await this.#areRelated(local, tip, timeoutMs))) {
      const back = isRemotes ? `update ${this.trackingRef} ${local}` : `delete ${this.trackingRef}`;
      await this.#refs.apply([`${back}\n`]);
      throw unrelatedHistory(this.#options, { known: isRemotes ? local : null, found: tip });
    }
    if (isRemotes) await this.#tell(await this.#judge(local, tip, timeoutMs));
  }

  async #judge(from: Revision, to: Revision, timeoutMs: number): Promise<Rewrite> {
    const { folder, branch } = this.#options;
    const removed = await this.#graph.count(from, to);
    // Only people make a history that diverges. One that merely ends earlier may also be a server's loss.
    if (!(await this.#ancestry.isAncestor(to, from))) return { from, to, removed, cause: 'moved' };
    const question = { folder, branch, from, to, count: removed, timeoutMs };
    const isThere = await this.#remote.stillHas(question);
    return { from, to, removed, cause: isThere === null ? 'unclear' : isThere ? 'moved' : 'lost' };
  }

  async #areRelated(one: Revision, other: Revision, timeoutMs: number): Promise<boolean> {
    if (await this.#graph.haveCommonHistory(one, other)) return true;
    if (!(await this.#graph.isShallow())) return false;
    // The common commits may be among those that a shallow clone has cut off.
    if (!this.#options.isManaged) return true;
    const { code } = await this.#remote.fetch([one], { timeoutMs, depth: 'all' });
    return code === 0 && (await this.#graph.haveCommonHistory(one, other));
  }

  async #tell(rewrite: Rewrite): Promise<void> {
    await this.#options.leftBehind.noteFormer(rewrite.from);
    await this.onRewrite?.(rewrite);
  }

  /** Reports a lost tip. Without the old tip, nothing shows how the new history came about. */
  async #tellLost({ tip: known, hasWaiting }: LostTip, found: Revision): Promise<void> {
    if (hasWaiting) throw unrelatedHistory(this.#options, { known, found });
    await this.#tell({ from: known, to: found, removed: null, cause: 'unclear' });
    this.#lostTip = null;
  }

  async #moveTo(found: Revision, known: Revision): Promise<void> {
    // If another process of this clone was faster, the ref is at the same or a newer tip.
    await this.#refs.apply([branchMove(this.trackingRef, known, found), `delete ${this.#foundRef}\n`]);
  }
}

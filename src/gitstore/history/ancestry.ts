import type { Revision } from '../../store/port/state-store.js';
import type { Graph } from './graph.js';

/** Remembers which revisions of the state branch are ancestors of others, so that git need not be asked again. */
export class Ancestry {
  readonly #graph: Pick<Graph, 'isAncestor'>;
  /** Each revision is an ancestor of those after it. */
  #chain: Revision[] = [];

  constructor(graph: Pick<Graph, 'isAncestor'>) {
    this.#graph = graph;
  }

  /** Records that `newer` was built, or is known to lie, on top of `older`. */
  note(older: Revision, newer: Revision): void {
    if (older === newer) return;
    const at = this.#chain.indexOf(older);
    this.#chain = at < 0 ? [older, newer] : [...this.#chain.slice(0, at + 1), newer];
  }

  /** Whether `newer` is `older` or descends from it. */
  async isAncestor(older: Revision, newer: Revision): Promise<boolean> {
    const [from, to] = [this.#chain.indexOf(older), this.#chain.indexOf(newer)];
    if (from >= 0 && to >= 0) return from <= to;
    return this.#graph.isAncestor(older, newer);
  }
}

/**
 * Whether the report of a fetch says that `ref` was fast-forwarded from `older` to `newer`. False if it says nothing of
 * the kind: another process of this clone may have moved the ref.
 */
export function wentForwards(report: string, ref: string, older: Revision, newer: Revision): boolean {
  for (const line of report.split('\n')) {
    const [, from, to, name] = /^ {3}([0-9a-f]{4,})\.\.([0-9a-f]{4,}) .*-> (\S+)$/.exec(line) ?? [];
    if (from && to && name === ref) return older.startsWith(from) && newer.startsWith(to);
  }
  return false;
}

import { randomBytes } from 'node:crypto';
import type { Journal } from './journal.js';
import type { KubeObject } from './objects.js';
import {
  type Answer,
  badContinue,
  badSelector,
  badVersion,
  badWatchVersion,
  expired,
  tooLargeVersion,
} from './status.js';

interface Snapshot {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;

/** Objects sorted by key, as etcd returns them. */
export function inOrder(items: readonly KubeObject[]): KubeObject[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Whether the query selects an object. */
export function isSelected(item: KubeObject, query: URLSearchParams): boolean {
  const labels = query.get('labelSelector') ?? '';
  return matches(labels, item.metadata.labels ?? {}) && hasFields(query.get('fieldSelector') ?? '', item);
}

/** `k=v`, `k==v` and `k!=v`, comma-separated. */
function matches(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [, key = '', operator, value] = term.match(/^([^=!]+)(!=|==?)(.*)$/) ?? [];
      return (labels[key] === value) !== (operator === '!=');
    });
}

/** `a.b=v`, comma-separated, on fields of the object: used for events and names. */
function hasFields(selector: string, item: KubeObject): boolean {
  return selector
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [path = '', value] = term.split(/==?/);
      let at: unknown = item;
      for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[key];
      return at === value;
    });
}

/** A continue token: a snapshot, and the position in it. */
const TOKEN = /^[0-9a-f]{16}\.\d+$/;

/** Paged lists: every page of a list comes from the snapshot that its first page saw. */
export class Lists {
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /**
   * One page of `items`, by the query's `limit`, `continue` and `labelSelector`; checks the query of a watch, too.
   * @param apiVersion of the list; lists of Kubernetes' own kinds (`v1`) omit an empty `continue`
   */
  page(
    items: readonly KubeObject[],
    { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
    query: URLSearchParams,
  ): Answer {
    const selector = query.get('labelSelector') ?? '';
    if (!/^([\w./-]+(!=|==?)[\w.-]*(,|$))*$/.test(selector)) return badSelector(selector);
    const version = query.get('resourceVersion') ?? '';
    const isWatch = query.has('watch');
    if (!/^\d*$/.test(version)) return isWatch ? badWatchVersion(version) : badVersion(version);
    if (Number(version) > this.#journal.version && !isWatch)
      return tooLargeVersion(version, this.#journal.version);
    const token = query.get('continue') ?? '';
    if (token !== '' && !TOKEN.test(token)) return badContinue();
    const [id, offsetText] = token.split('.');
    const known = id === undefined || id === '' ? this.#take(items, query) : this.#snapshots.get(id);
    if (known === undefined) return expired();
    const offset = Number(offsetText ?? 0);
    const end = offset + (Number(query.get('limit')) || known.items.length);
    const more = end < known.items.length;
    return {
      code: 200,
      body: {
        apiVersion,
        kind,
        metadata: {
          resourceVersion: known.resourceVersion,
          ...(more || apiVersion !== 'v1' ? { continue: more ? `${this.#keep(known)}.${end}` : '' } : {}),
          ...(more && selector === '' ? { remainingItemCount: known.items.length - end } : {}),
        },
        items: known.items.slice(offset, end),
      },
    };
  }

  /** Expires all continue tokens, as a compaction of etcd does. */
  expire(): void {
    this.#snapshots.clear();
  }

  #take(items: readonly KubeObject[], query: URLSearchParams): Snapshot {
    return {
      items: items.filter((item) => isSelected(item, query)),
      resourceVersion: String(this.#journal.version),
    };
  }

  #keep(snapshot: Snapshot): string {
    const id = randomBytes(8).toString('hex');
    this.#snapshots.set(id, snapshot);
    return id;
  }
}

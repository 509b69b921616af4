import { DIVERGENCE_KINDS, type Divergence } from '../../k0rdent/observe/divergence.js';
import { isMap, type Value } from '../../model/value/value.js';
import type { DivergenceDocument, DivergenceNews } from '../../news/news-item.js';
import type { PositionChanges, Positions } from '../../news/segment.js';

const PREFIX = 'divergence/';
const FIRST_LOOK = 'management/';

/** A divergence as it was told. */
type Told = Omit<DivergenceDocument, 'type' | 'observedAt'>;

/** What the watch of the fleet proves now. */
export interface Proof {
  /** Management clusters with a context that answers. */
  readonly watched: ReadonlySet<string>;
  /** Whether the absence of a cluster proves something: its namespace is listed by a context that certainly is the management cluster. */
  readonly covers: (management: string, namespace: string | null) => boolean;
}

export interface DivergenceLook {
  readonly news: readonly DivergenceNews[];
  readonly positions: PositionChanges;
  /** When the next news is due if nothing changes, in ms since the epoch; null if none is. */
  readonly next: number | null;
}

/**
 * Tells divergences that were found and that are gone.
 *
 * A create or a delete is two steps on two machines: the object, and some seconds later the event, or the other way
 * round. In between the two differ. So a divergence is told once it was there in every look for some time (`graceMs`),
 * and its end once it was gone in every look for the same time. Looks at a management cluster that cannot be watched
 * now do not count, and the time starts anew after them: what is told is neither found nor resolved while nobody looks. The
 * same holds for `vanished` where the lists do not cover the cluster. What is there at the very first look at a
 * management cluster is noted and not told: it may be years old.
 */
export class DivergenceWatch {
  readonly #graceMs: number;
  readonly #told = new Map<string, Told>();
  /** Management clusters that were looked at before. */
  readonly #known = new Set<string>();
  /** Since when a divergence is there, or gone, that is not told yet; in ms since the epoch. */
  readonly #since = new Map<string, number>();

  constructor(positions: Positions, graceMs: number) {
    this.#graceMs = graceMs;
    for (const [key, value] of positions) {
      if (key.startsWith(FIRST_LOOK)) this.#known.add(key.slice(FIRST_LOOK.length));
      const told = key.startsWith(PREFIX) ? readTold(value) : null;
      if (told !== null) this.#told.set(key, told);
    }
  }

  /** @param now ms since the epoch */
  take(divergence: readonly Divergence[], proof: Proof, now: number): DivergenceLook {
    const isProven = ({ divergence: kind, management, namespace }: Told) =>
      proof.watched.has(management) && (kind !== 'vanished' || proof.covers(management, namespace));
    const there = new Map(divergence.map((one) => [keyOf(one), toldOf(one)] as const));
    const news: DivergenceNews[] = [];
    const positions: Record<string, Value> = {};
    const pending = new Set<string>();
    const say = (type: DivergenceDocument['type'], key: string, told: Told) => {
      if (type === 'found') this.#told.set(key, told);
      else this.#told.delete(key);
      positions[key] = type === 'found' ? { ...told } : null;
      return {
        kind: 'divergence',
        document: { type, ...told, observedAt: new Date(now).toISOString() },
      } as const;
    };
    const isDue = (key: string) => {
      const since = this.#since.get(key) ?? now;
      if (now - since >= this.#graceMs) return true;
      this.#since.set(key, since);
      pending.add(key);
      return false;
    };
    for (const [key, told] of there) {
      if (this.#told.has(key) || !isProven(told)) continue;
      if (!this.#known.has(told.management)) say('found', key, told);
      else if (isDue(key)) news.push(say('found', key, told));
    }
    for (const [key, told] of [...this.#told])
      if (!there.has(key) && isProven(told) && isDue(key)) news.push(say('resolved', key, told));
    for (const key of [...this.#since.keys()]) if (!pending.has(key)) this.#since.delete(key);
    for (const management of proof.watched) {
      if (this.#known.has(management)) continue;
      this.#known.add(management);
      positions[`${FIRST_LOOK}${management}`] = true;
    }
    const next = pending.size === 0 ? null : Math.min(...this.#since.values()) + this.#graceMs;
    return { news, positions, next };
  }
}

function keyOf({ kind, management, namespace, name, path }: Divergence): string {
  return `${PREFIX}${JSON.stringify([kind, management, namespace, name, ...(path === undefined ? [] : [path])])}`;
}

function toldOf({ kind, management, namespace, name, detail, path }: Divergence): Told {
  return { divergence: kind, management, namespace, name, detail, ...(path === undefined ? {} : { path }) };
}

function readTold(value: Value): Told | null {
  if (!isMap(value)) return null;
  const { divergence, management, namespace, name, detail, path } = value;
  const isTextOrNull = (one: unknown) => one === null || typeof one === 'string';
  if (!DIVERGENCE_KINDS.some((kind) => kind === divergence)) return null;
  if (typeof divergence !== 'string' || typeof management !== 'string' || typeof detail !== 'string')
    return null;
  if (!isTextOrNull(namespace) || !isTextOrNull(name)) return null;
  return { divergence, management, namespace, name, detail, ...(typeof path === 'string' ? { path } : {}) };
}

import type { KubeObject } from './objects.js';

/** A write of an object, as the store of the API server keeps it. */
export interface StoredChange {
  readonly name: string;
  /** Null: it was deleted. */
  readonly object: KubeObject | null;
}

/** A transition: what a cluster came to (`null`: gone), and when by the object. */
export interface Move {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** RFC 3339, to the second; null where the object does not say. */
  readonly at: string | null;
}

/** What a watch reported, compared with what happened. */
export interface Verdict {
  readonly transitions: number;
  readonly told: number;
  /** Told more often than they happened. */
  readonly duplicates: number;
  /** Neither told nor overtaken by a later one that was told. */
  readonly missed: number;
  /** Not told, but what is told leads to where the cluster is: it had gone on before the server could be asked again. */
  readonly overtaken: number;
  /** Told after a later one of the same cluster, or from a state that the one before did not lead to. */
  readonly disordered: number;
}

interface Read {
  readonly state: string;
  readonly at: string | null;
}

interface Status {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly lastTransitionTime: string;
  }[];
  readonly services?: readonly { readonly state: string; readonly lastStateTransitionTime: string }[];
}

/** The state of an object that the campaign writes, told by the condition and the services that it changes. */
function read({ metadata, status }: KubeObject): Read {
  const { conditions = [], services = [] } = (status ?? {}) as Status;
  const condition = conditions.find(({ type }) => type === 'ServicesInReadyState');
  if (condition === undefined) return { state: 'New', at: String(metadata['creationTimestamp']) };
  const failed = services.filter(({ state }) => state === 'Failed').map((one) => one.lastStateTransitionTime);
  const at = condition.lastTransitionTime;
  if (condition.status === 'True') return { state: 'Ready', at };
  return failed.length > 0
    ? { state: 'ServicesFailed', at: failed.sort().at(-1) ?? at }
    : { state: 'ServicesPending', at };
}

/** The transitions in what etcd kept, in its order; a service that fails anew is one. */
export function movesOf(changes: readonly StoredChange[], known: Map<string, Read>): Move[] {
  return changes.flatMap(({ name, object }): Move[] => {
    const before = known.get(name) ?? null;
    const from = before?.state ?? null;
    if (object === null) {
      known.delete(name);
      return [{ name, from, to: null, at: null }];
    }
    const now = read(object);
    known.set(name, now);
    const isRenewed = now.state === 'ServicesFailed' && now.at !== before?.at;
    return from === now.state && !isRenewed ? [] : [{ name, from, to: now.state, at: now.at }];
  });
}

function byName(moves: readonly Move[]): Map<string, Move[]> {
  const found = new Map<string, Move[]>();
  for (const move of moves) found.set(move.name, [...(found.get(move.name) ?? []), move]);
  return found;
}

const isTold = (one: Move, told: Move) => one.to === told.to && (one.at === null || one.at === told.at);

/** Judges the reports per cluster, because transitions of different clusters have no order. */
export function judge(happened: readonly Move[], told: readonly Move[]): Verdict {
  const [ofName, toldOf] = [byName(happened), byName(told)];
  const sum = { duplicates: 0, missed: 0, overtaken: 0, disordered: 0 };
  for (const name of new Set([...ofName.keys(), ...toldOf.keys()])) {
    const [all, rows] = [ofName.get(name) ?? [], toldOf.get(name) ?? []];
    const places: number[] = [];
    for (const row of rows) {
      const at = all.findIndex((one, place) => isTold(one, row) && !places.includes(place));
      if (at === -1) sum.duplicates += 1;
      else places.push(at);
    }
    const last = Math.max(-1, ...places);
    // Who comes back to the state that was told last leaves nothing to tell, if nobody saw it go.
    const isBack = (last === -1 ? all[0]?.from : all[last]?.to) === all.at(-1)?.to;
    sum.missed += isBack ? 0 : all.length - 1 - last;
    sum.overtaken += (isBack ? all.length : last + 1) - places.length;
    sum.disordered += places.filter((place, i) => i > 0 && place < (places[i - 1] ?? 0)).length;
    sum.disordered += rows.filter((row, i) => row.from !== (i === 0 ? all[0]?.from : rows[i - 1]?.to)).length;
  }
  return { transitions: happened.length, told: told.length, ...sum };
}

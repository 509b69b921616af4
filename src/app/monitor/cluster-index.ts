import type { BrokenEvents } from '../../model/event/broken-events.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import type { StateView } from '../../store/port/state-store.js';
import { type ClusterRecord, readCluster, readClusters } from '../../store/read/cluster-records.js';

/** How many records are read at once. */
const AT_ONCE = 16;

/** The records of all clusters, kept up to date as changes name clusters. */
export class ClusterIndex {
  readonly #broken: BrokenEvents;
  readonly #records = new Map<string, ClusterRecord>();
  /** Clusters to read again, by subject. */
  readonly #stale = new Map<string, ClusterSubject>();
  #isStale = true;

  constructor(broken: BrokenEvents) {
    this.#broken = broken;
  }

  get records(): readonly ClusterRecord[] {
    return [...this.#records.values()];
  }

  /** Whether all records were read. */
  get isComplete(): boolean {
    return !this.#isStale;
  }

  /** Notes clusters whose events changed. @param clusters null for all of them */
  changed(clusters: Iterable<ClusterSubject> | null): void {
    if (clusters === null) this.#isStale = true;
    else for (const one of clusters) this.#stale.set(formatSubject(one), one);
  }

  /** Reads what changed. What fails is read again next time. Throws as the store does. */
  async update(view: StateView): Promise<void> {
    if (this.#isStale) {
      this.#isStale = false;
      this.#stale.clear();
      try {
        const all = await readClusters(view, this.#broken);
        this.#records.clear();
        for (const record of all) this.#records.set(formatSubject(record.subject), record);
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    }
    while (this.#stale.size > 0) {
      const some = [...this.#stale].slice(0, AT_ONCE);
      for (const [key] of some) this.#stale.delete(key);
      try {
        const records = await Promise.all(some.map(([, one]) => readCluster(view, one, this.#broken)));
        for (const [i, [key]] of some.entries()) this.#put(key, records[i]);
      } catch (error) {
        for (const [key, one] of some) this.#stale.set(key, one);
        throw error;
      }
    }
  }

  #put(key: string, record: ClusterRecord | undefined): void {
    if (record === undefined || record.lastEvent === null) this.#records.delete(key);
    else this.#records.set(key, record);
  }
}

import type { StoredChange } from '../api-server/judge-watch.js';
import type { KubeObject } from '../api-server/objects.js';
import { until } from '../patience.js';

/** All writes of ClusterDeployments, read from etcd: neither kgit nor the API server has a part in it. */
export interface EtcdHistory {
  readonly changes: readonly (StoredChange & { readonly revision: number })[];
  /** Waits for the newest write. */
  caughtUp(): Promise<void>;
  stop(): void;
}

interface WatchLine {
  readonly result: {
    readonly header: { readonly revision: string };
    readonly events?: readonly {
      readonly type?: 'DELETE';
      readonly kv: { readonly key: string; readonly mod_revision: string; readonly value?: string };
    }[];
  };
}

const PREFIX = '/registry/k0rdent.mirantis.com/clusterdeployments/';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const plain = (text: string) => Buffer.from(text, 'base64').toString();

/** Reads from now on. A compaction takes nothing from who reads already. */
export async function readEtcd(url: string): Promise<EtcdHistory> {
  const ending = new AbortController();
  const changes: (StoredChange & { readonly revision: number })[] = [];
  // From the prefix to the first key after all that begin with it.
  const keys = { key: base64(PREFIX), range_end: base64(`${PREFIX.slice(0, -1)}0`) };
  const answer = await fetch(`${url}/v3/watch`, {
    ...{ method: 'POST', signal: ending.signal, body: JSON.stringify({ create_request: keys }) },
  });
  const take = ({ result: { events = [] } }: WatchLine) => {
    for (const { type, kv } of events) {
      const object = type === 'DELETE' ? null : (JSON.parse(plain(kv.value ?? '')) as KubeObject);
      const name = plain(kv.key).split('/').at(-1) ?? '';
      changes.push({ revision: Number(kv.mod_revision), name, object });
    }
  };
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      const found = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = found.pop() ?? '';
      for (const text of found.filter(Boolean)) take(JSON.parse(text) as WatchLine);
    }
  })();
  // It ends when it is stopped; what ends it before is seen by who waits for a revision.
  reading.catch(() => undefined);
  return {
    changes,
    caughtUp: async () => {
      const newest = { ...keys, keys_only: true, limit: 1, sort_target: 'MOD', sort_order: 'DESCEND' };
      const found = await fetch(`${url}/v3/kv/range`, { method: 'POST', body: JSON.stringify(newest) });
      const { kvs = [] } = (await found.json()) as { kvs?: { mod_revision: string }[] };
      await until(() => (changes.at(-1)?.revision ?? 0) >= Number(kvs[0]?.mod_revision ?? 0));
    },
    stop: () => ending.abort(),
  };
}

import { describe, expect, it } from 'vitest';
import type { KeySpace, Write } from '../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace } from '../../src/backends/memory/memory-key-space.js';
import { formatTimestamp, type KgitEvent } from '../../src/model/event/event.js';
import { formatEvent } from '../../src/model/event/event-file.js';
import { eventPath, monthFolder } from '../../src/model/subject/layout.js';
import { cluster } from '../../src/model/subject/subject.js';
import type { Commit, Revision } from '../../src/store/port/state-store.js';
import { commit } from './store-contract.js';
import { anId, T0 } from './store-fixtures.js';

const MS = 20_000;
const MARKER = 'apiVersion: kgit/v1\n';
const SMALL = { ops: 12, bytes: 4_000 };

/** A commit of one event, as the planner makes it. */
function eventCommit(name: string, id = anId(), message = `add "${name}"\né`): Commit {
  const subject = cluster('default', 'kcm-system', name);
  const event: KgitEvent = { id, timestamp: formatTimestamp(T0), action: 'created', notes: `ünï "${name}"` };
  const files = { [eventPath(subject, event)]: formatEvent(event) };
  return { ...commit(files, message), append: [`${monthFolder(subject, id)}/${id}-`] };
}

const unmarked = ({ append: _, ...rest }: Commit): Commit => rest;

/** All keys with their values, but for the id of the store. */
async function dump(space: KeySpace, folder = ''): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await space.names(folder, '', MS)).sort())
    if (name.endsWith('/'))
      for (const [key, value] of await dump(space, folder + name)) found.set(key, value);
    else if (name !== 'format') {
      const [stamped] = await space.get([folder + name], MS);
      found.set(folder + name, stamped?.value ?? '');
    }
  return found;
}

/** What a KeyedStore does with commits of events, over any key space; `spaceOf` opens the key space of a store by its name. */
export function appendContract(name: string, spaceOf: (store: string) => KeySpace): void {
  const over = (space: KeySpace, now = T0) =>
    new KeyedStore(space, { clock: { now: () => now }, timeoutMs: MS, isRemote: true });
  let stores = 0;
  /** A store with a first revision, and what opens more clients of it. */
  const begun = async (first: Commit = commit({ 'kgit.yaml': MARKER })) => {
    stores += 1;
    const place = `append${stores}`;
    const client = (now?: number) => over(spaceOf(place), now);
    const store = client();
    const outcome = await store.swap(null, [first], MS);
    if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
    return { place, client, store, base: outcome.revisions[0] as Revision };
  };
  const swapped = async (store: KeyedStore, base: Revision, commits: readonly Commit[]) => {
    const outcome = await store.swap(base, commits, MS);
    expect(outcome).toMatchObject({ kind: 'swapped', revisions: commits.map(() => expect.any(String)) });
    return outcome.kind === 'swapped' ? outcome.revisions : [];
  };

  describe(`${name} takes commits of events on any head`, () => {
    it('in the very keys that compare-and-swap makes', async () => {
      const { place, client, store, base } = await begun();
      const [state, one, two, three] = [
        commit({ 'deployments/d/state.yaml': 'phase: a\n' }),
        eventCommit('a'),
        eventCommit('b'),
        eventCommit('a'),
      ];
      await swapped(client(T0 + 1_000), base, [state]);
      // The clock of this one is behind.
      const revisions = await swapped(store, base, [one, two]);
      await swapped(client(T0 + 5_000), base, [three]);
      const reference = new MemoryKeySpace();
      const plain = (now = T0) => over(reference, now);
      const [first] = await swapped(plain(), null as never, [commit({ 'kgit.yaml': MARKER })]);
      const [second] = await swapped(plain(T0 + 1_000), first as Revision, [state]);
      const pair = await swapped(plain(), second as Revision, [unmarked(one), unmarked(two)]);
      await swapped(plain(T0 + 5_000), pair[1] as Revision, [unmarked(three)]);
      expect(revisions).toEqual(pair);
      expect(await dump(spaceOf(place))).toEqual(await dump(reference));
      const { revision } = await store.refresh(MS);
      expect(await store.view(revision).read([...three.files.keys()][0] as string)).toContain('created');
      // The views of older revisions stay as they were.
      expect(await store.view(base).read([...one.files.keys()][0] as string)).toBeNull();
      expect(await store.view(base).list('clusters')).toBeNull();
    });

    it('but for what stands in their way: the same event, another kgit.yaml, a sealed month, a file for a folder', async () => {
      const mine = eventCommit('a');
      const [path] = [...mine.files.keys()] as [string];
      const [begins = ''] = mine.append ?? [];
      const month = begins.slice(0, begins.lastIndexOf('/'));
      const ways: Commit[] = [
        mine,
        commit({ [path.replace('created', 'removed')]: 'x' }),
        commit({ 'kgit.yaml': 'apiVersion: kgit/moved\n' }),
        commit({ [`${month}.yaml`]: 'x' }),
        commit({ 'clusters/default': 'x' }),
      ];
      for (const other of ways) {
        const { client, store, base } = await begun();
        await swapped(client(), base, [unmarked(other)]);
        expect(await store.swap(base, [mine], MS)).toEqual({ kind: 'moved' });
        expect((await store.refresh(MS)).revision).toMatch(/^2-/);
      }
    });

    it('but for a server that went back behind their base, or on from there by another line', async () => {
      const { place, client, store, base } = await begun();
      const space = spaceOf(place);
      const before = await dump(space);
      const [lost = ''] = await swapped(client(), base, [eventCommit('a')]);
      const other = client();
      for (const each of [store, other]) {
        await each.refresh(MS);
        await each.view(lost).read('kgit.yaml');
      }
      const gone = [...(await dump(space)).keys()].filter((key) => !before.has(key));
      const puts = [...before, ...gone.map((key) => [key, null] as const)];
      await space.write({ expect: new Map(), puts: puts.map(([key, value]) => ({ key, value })) }, MS);
      expect(await store.swap(lost, [eventCommit('b')], MS)).toEqual({ kind: 'moved' });
      await swapped(client(), base, [eventCommit('c'), eventCommit('d')]);
      expect(await other.swap(lost, [eventCommit('b')], MS)).toEqual({ kind: 'moved' });
      expect((await client().refresh(MS)).revision).toMatch(/^3-/);
    });

    it('once a large write that somebody began is finished', async () => {
      const files = Array.from({ length: 30 }, (_, n) => [`deployments/d${n}/state.yaml`, `phase: ${n}\n`]);
      for (const isStale of [false, true]) {
        const { place, client, store, base } = await begun();
        const space = spaceOf(place);
        const { write } = space;
        let isCut = false;
        Object.assign(space, {
          limits: SMALL,
          write: async (asked: Write, timeoutMs: number) => {
            if (isCut) throw new Error('killed');
            isCut = asked.puts.some(({ key }) => key === 'head');
            return write.call(space, asked, timeoutMs);
          },
        });
        const large = over(space).swap(base, [commit(Object.fromEntries(files))], MS);
        await expect(large).rejects.toThrow('killed');
        const head = isStale ? base : ((await client().refresh(MS)).revision as Revision);
        const mine = eventCommit('a');
        let outcome = await store.swap(head, [mine], MS);
        if (outcome.kind === 'moved')
          outcome = await store.swap((await store.refresh(MS)).revision, [mine], MS);
        expect(outcome.kind).toBe('swapped');
        const view = client().view((await client().refresh(MS)).revision);
        expect((await view.list('deployments'))?.length).toBe(30);
        expect(await view.read([...mine.files.keys()][0] as string)).toContain('created');
      }
    });

    it('from eight writers, of whom none waits for another and none loses any', async () => {
      const { client, store, base } = await begun();
      const clients = Array.from({ length: 8 }, () => client());
      const paths: string[] = [];
      const work = clients.map(async (each, n) => {
        for (let i = 0; i < 3; i++) {
          const mine = eventCommit(`c${n % 3}`);
          paths.push(...mine.files.keys());
          await swapped(each, base, [mine]);
        }
      });
      await Promise.all(work);
      const { revision } = await store.refresh(MS);
      expect(revision).toMatch(/^25-/);
      const added: string[] = [];
      for await (const each of store.history.whole(null, revision as Revision))
        added.push(...each.files.keys());
      expect(added.sort()).toEqual(['kgit.yaml', ...paths].sort());
      for (const each of [...clients, store]) await each.close();
    });
  });
}

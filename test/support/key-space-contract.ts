import { describe, expect, it } from 'vitest';
import type { KeySpace, Put, Stamped, Written } from '../../src/backends/keyed/key-space.js';

/** What a test of a key space provides: empty places, and a second client of each. */
export interface KeySpaceUnderTest {
  open(): Promise<KeySpace>;
  /** Another client of the same place. */
  another(space: KeySpace): Promise<KeySpace>;
}

const MS = 20_000;
const NOTHING = new Map<string, null>();
/** Behind every name that the tests use. */
const END = '\u{10ffff}';

const puts = (values: Readonly<Record<string, string | null>>): Put[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

async function put(space: KeySpace, values: Readonly<Record<string, string | null>>): Promise<void> {
  const written = await space.write({ expect: NOTHING, puts: puts(values) }, MS);
  expect(written.kind).toBe('done');
}

const valuesOf = (found: readonly (Stamped | null)[]) => found.map((each) => each?.value ?? null);

async function versionOf(space: KeySpace, key: string): Promise<string | null> {
  const [found] = await space.get([key], MS);
  return found?.version ?? null;
}

/** As many of these puts at a time as one write takes. */
function* inWrites(space: KeySpace, all: readonly Put[]): Generator<Put[]> {
  let chunk: Put[] = [];
  let [ops, bytes] = [0, 0];
  for (const each of all) {
    const cost = space.cost([each]);
    ops += cost.ops;
    bytes += cost.bytes;
    if (ops > space.limits.ops || bytes > space.limits.bytes) {
      yield chunk;
      chunk = [];
      ({ ops, bytes } = cost);
    }
    chunk.push(each);
  }
  yield chunk;
}

/** The contract of KeySpace. */
export function keySpaceContract(name: string, under: KeySpaceUnderTest): void {
  describe(`${name} keeps the contract of KeySpace`, () => {
    it('begins empty', async () => {
      const space = await under.open();
      expect(await space.get(['head', 'rev/1'], MS)).toEqual([null, null]);
      expect(await space.names('', '', MS)).toEqual([]);
      expect(await space.range({ folder: 'rev/', from: '', to: END, limit: 10 }, MS)).toEqual([]);
      expect(await space.names('tip/a/', '', MS)).toEqual([]);
      expect(space.target).toMatch(/./);
      await space.close();
    });

    it('puts and deletes keys, and another client reads them at once', async () => {
      const space = await under.open();
      const other = await under.another(space);
      await put(space, { head: '1', 'tip/a/b': 'x', 'tip/c': '' });
      expect(valuesOf(await other.get(['tip/c', 'head', 'no', 'tip/a/b', 'tip/a'], MS))).toEqual([
        '',
        '1',
        null,
        'x',
        null,
      ]);
      await put(other, { 'tip/a/b': null, 'never/was': null, 'tip/d': 'y' });
      expect(valuesOf(await space.get(['tip/a/b', 'tip/c', 'tip/d'], MS))).toEqual([null, '', 'y']);
      expect(await space.get([], MS)).toEqual([]);
      await Promise.all([space.close(), other.close()]);
    });

    it('takes a key in the place of a folder, and the other way round', async () => {
      const space = await under.open();
      await put(space, { 'state/d/a/b': '1', 'state/d/c': '2' });
      await put(space, { 'state/d/a': '3', 'state/d/a/b': null, 'state/d/c/d': '4', 'state/d/c': null });
      expect(valuesOf(await space.get(['state/d/a', 'state/d/a/b', 'state/d/c/d'], MS))).toEqual([
        '3',
        null,
        '4',
      ]);
      expect((await space.names('state/d/', '', MS)).sort()).toEqual(['a', 'c/']);
      await space.close();
    });

    it('keeps values and names as they are, whatever their characters', async () => {
      const space = await under.open();
      const values = {
        'tip/g"h/ü': 'ünï: "x"\n\0\r\n\u{1f600}\u2028 # end without line end',
        "tip/a b/'c'*?[]{}": '\\',
        'tip/%2f/%/%00': '%',
        'tip/.hidden/..x/-rf': ' ',
        'tip/$(id)/`id`/\t\n': '\n',
        'tip/:8080/#/@1/a:b;c': '"',
        'tip/\u{1f600}/\ufffd/é/e\u0301': 'e\u0301',
        'tip/UPPER/upper': 'upper',
        'tip/UPPER/UPPER': 'UPPER',
        [`tip/${'long'.repeat(60)}`]: 'long',
      };
      await put(space, values);
      const keys = Object.keys(values);
      expect(valuesOf(await space.get(keys, MS))).toEqual(Object.values(values));
      const found: string[] = [];
      const walk = async (folder: string): Promise<void> => {
        for (const each of await space.names(folder, '', MS))
          if (each.endsWith('/')) await walk(folder + each);
          else found.push(folder + each);
      };
      await walk('');
      expect(found.sort()).toEqual([...keys].sort());
      const [ranged] = await space.range({ folder: 'tip/g"h/', from: '', to: END, limit: 5 }, MS);
      expect(ranged).toEqual(['tip/g"h/ü', values['tip/g"h/ü']]);
      await space.close();
    });

    it('lists what is right below a folder, by prefix or all of it', async () => {
      const space = await under.open();
      await put(space, {
        ...{ 'tip/m/01A-x': '', 'tip/m/01A-y': '', 'tip/m/01B-x': '', 'tip/m/01C/d': '', 'tip/m-1/a': '' },
        ...{ 'tip/m0': '', 'tip/m/01A': '', 'tip/n/a/b/c/d': '' },
      });
      expect((await space.names('tip/m/', '', MS)).sort()).toEqual([
        '01A',
        '01A-x',
        '01A-y',
        '01B-x',
        '01C/',
      ]);
      expect((await space.names('tip/m/', '01A', MS)).sort()).toEqual(['01A', '01A-x', '01A-y']);
      expect(await space.names('tip/m/', '01C', MS)).toEqual(['01C/']);
      expect(await space.names('tip/m/', '02', MS)).toEqual([]);
      expect((await space.names('tip/', '', MS)).sort()).toEqual(['m-1/', 'm/', 'm0', 'n/']);
      expect(await space.names('', '', MS)).toEqual(['tip/']);
      await put(space, { 'tip/n/a/b/c/d': null, 'tip/m/01C/d': null });
      expect((await space.names('tip/', '', MS)).sort()).toEqual(['m-1/', 'm/', 'm0']);
      expect(await space.names('tip/m/', '01C', MS)).toEqual([]);
      await space.close();
    });

    it('ranges over 10,000 keys in pages, forward and backward', async () => {
      const space = await under.open();
      const nameOf = (n: number) => String(n).padStart(12, '0');
      const all = Array.from({ length: 10_000 }, (_, n) => ({ key: `rev/${nameOf(n)}`, value: `v${n}` }));
      for (const chunk of inWrites(space, all)) {
        const written = await space.write({ expect: NOTHING, puts: chunk }, MS);
        expect(written.kind).toBe('done');
      }
      const keys = all.map(({ key }) => key);
      const forward: string[] = [];
      for (let from = ''; ; ) {
        const page = await space.range({ folder: 'rev/', from, to: END, limit: 1_500 }, MS);
        forward.push(...page.map(([key]) => key));
        if (page.length < 1_500) break;
        from = `${(page.at(-1)?.[0] ?? '').slice('rev/'.length)}\u0001`;
      }
      expect(forward).toEqual(keys);
      const span = { folder: 'rev/', from: nameOf(100), to: nameOf(9_000), limit: 3 };
      expect(await space.range(span, MS)).toEqual([100, 101, 102].map((n) => [`rev/${nameOf(n)}`, `v${n}`]));
      expect(await space.range({ ...span, reverse: true }, MS)).toEqual(
        [8_999, 8_998, 8_997].map((n) => [`rev/${nameOf(n)}`, `v${n}`]),
      );
      const last = await space.range({ folder: 'rev/', from: nameOf(9_998), to: END, limit: 10 }, MS);
      expect(last.map(([key]) => key)).toEqual(keys.slice(-2));
      expect(await space.names('rev/', '', MS)).toHaveLength(10_000);
      expect(await space.names('rev/', '00000000012', MS)).toHaveLength(10);
      await space.close();
    });

    it('orders ranges by bytes, and leaves out what lies in folders', async () => {
      const space = await under.open();
      const names = ['-', '0', 'A', 'Z', 'a', 'a-', 'a0', 'é', '\uffee', '\u{1f600}'];
      const values = Object.fromEntries(names.map((each) => [`x/${each}`, each]));
      await put(space, { ...values, 'x/b/c': '', 'x-/1': '', x0: '', 'x/B/c/d': '' });
      const span = { folder: 'x/', from: '', to: END, limit: 50 };
      const listed = async (more: object) =>
        (await space.range({ ...span, ...more }, MS)).map(([, value]) => value);
      expect(await listed({})).toEqual(names);
      expect(await listed({ reverse: true, limit: 2 })).toEqual(['\u{1f600}', '\uffee']);
      expect(await listed({ from: 'a-', to: 'é' })).toEqual(['a-', 'a0']);
      await space.close();
    });

    it('writes only if every expected version is there, and tells which are not', async () => {
      const space = await under.open();
      const other = await under.another(space);
      await put(space, { head: '1', 'lock/a': 'a' });
      const [head, lock] = await space.get(['head', 'lock/a'], MS);
      const expected = new Map([
        ['head', head?.version ?? null],
        ['lock/a', lock?.version ?? null],
        ['lock/b', null],
      ]);
      const stale = async (more: readonly [string, string | null][]): Promise<Written> =>
        other.write(
          { expect: new Map([...expected, ...more]), puts: puts({ head: '9', 'lock/c': 'c', 'tip/a': 'z' }) },
          MS,
        );
      expect(await stale([['lock/c', head?.version ?? '']])).toEqual({ kind: 'stale', keys: ['lock/c'] });
      expect(await stale([['head', null]])).toEqual({ kind: 'stale', keys: ['head'] });
      const both = await stale([
        ['head', null],
        ['lock/c', lock?.version ?? ''],
      ]);
      expect(both.kind === 'stale' && [...both.keys].sort()).toEqual(['head', 'lock/c']);
      expect(valuesOf(await space.get(['head', 'lock/c', 'tip/a'], MS))).toEqual(['1', null, null]);
      const done = await other.write(
        { expect: expected, puts: puts({ head: '2', 'lock/b': 'b' }), tell: ['lock/b'] },
        MS,
      );
      expect(done).toEqual({
        kind: 'done',
        versions: new Map([['lock/b', await versionOf(space, 'lock/b')]]),
      });
      expect(await stale([])).toMatchObject({ kind: 'stale' });
      expect(await versionOf(space, 'lock/a')).toBe(lock?.version);
      await Promise.all([space.close(), other.close()]);
    });

    it('gives a key another version when its value changes, and keeps it when others change', async () => {
      const space = await under.open();
      await put(space, { a: '1', b: '1' });
      const first = await versionOf(space, 'a');
      await put(space, { b: '2' });
      expect(await versionOf(space, 'a')).toBe(first);
      await put(space, { a: '2' });
      expect(await versionOf(space, 'a')).not.toBe(first);
      // Only compared, not put: the expected values decide.
      const expected = new Map([['a', first]]);
      expect((await space.write({ expect: expected, puts: puts({ c: '1' }) }, MS)).kind).toBe('stale');
      const now = new Map([['a', await versionOf(space, 'a')]]);
      expect((await space.write({ expect: now, puts: [] }, MS)).kind).toBe('done');
      await space.close();
    });

    it('lets one of many writers of a key win, and reads of several keys see one moment', async () => {
      const space = await under.open();
      const other = await under.another(space);
      for (let round = 0; round < 10; round++) {
        const before = await versionOf(space, 'head');
        const racers = [space, other, space, other].map((client, n) =>
          client.write(
            {
              expect: new Map([['head', before]]),
              puts: puts({ head: `${round}.${n}`, 'tip/a': `${round}.${n}` }),
            },
            MS,
          ),
        );
        const reads = Array.from({ length: 4 }, () => other.get(['head', 'tip/a'], MS));
        const kinds = (await Promise.all(racers)).map(({ kind }) => kind).sort();
        expect(kinds).toEqual(['done', 'stale', 'stale', 'stale']);
        for (const read of [...(await Promise.all(reads)), await other.get(['head', 'tip/a'], MS)]) {
          const [head, tip] = valuesOf(read);
          expect(tip).toBe(head);
        }
      }
      await Promise.all([space.close(), other.close()]);
    });

    it('takes what is just within its limits, and knows what is beyond', async () => {
      const space = await under.open();
      const { ops, bytes } = space.limits;
      const empty = space.cost(puts({ 'tip/large': '' })).bytes;
      let size = bytes - empty;
      while (space.cost(puts({ 'tip/large': 'x'.repeat(size) })).bytes > bytes)
        size = Math.floor(size * 0.99);
      const large = 'x'.repeat(size);
      expect(size).toBeGreaterThan(bytes / 2);
      await put(space, { 'tip/large': large });
      expect(valuesOf(await space.get(['tip/large'], MS))).toEqual([large]);
      expect(space.cost(puts({ 'tip/large': large.repeat(2) })).bytes).toBeGreaterThan(bytes);
      expect(space.cost(puts({ 'tip/large': 'ü\n"\0'.repeat(100) })).bytes).toBeGreaterThanOrEqual(500);
      const many = Array.from({ length: Math.min(ops, 5_000) }, (_, n) => ({
        key: `many/${n}`,
        value: 'x',
      }));
      let first: Put[] = [];
      for (const chunk of inWrites(space, many)) {
        const written = await space.write({ expect: NOTHING, puts: chunk }, MS);
        expect(written.kind).toBe('done');
        if (first.length === 0) first = chunk;
      }
      const read = await space.get(
        first.map(({ key }) => key),
        MS,
      );
      expect(new Set(valuesOf(read))).toEqual(new Set(['x']));
      await space.close();
    });

    it('hints at a change of the head, and ends when it is told to', async () => {
      const space = await under.open();
      const other = await under.another(space);
      const endless = new AbortController().signal;
      const hint = space.changed({ seq: 0, version: null }, endless);
      await put(other, { head: '{"seq":1}' });
      await hint;
      // Seen before it was asked for.
      await space.changed({ seq: 0, version: null }, endless);
      const seen = { seq: 1, version: await versionOf(space, 'head') };
      const stop = new AbortController();
      const ended = space.changed(seen, stop.signal);
      stop.abort();
      await ended;
      await space.changed(seen, stop.signal);
      const next = space.changed(seen, endless);
      await put(other, { head: '{"seq":2}' });
      await next;
      await Promise.all([space.close(), other.close()]);
    });
  });
}

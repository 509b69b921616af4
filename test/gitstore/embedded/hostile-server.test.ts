/** What the embedded git makes of answers that no git server gives. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pushOutcome } from '../../../src/gitstore/branch/push-outcome.js';
import {
  entryIds,
  formatCommit,
  formatTree,
  parseTree,
} from '../../../src/gitstore/embedded/object-formats.js';
import type { StoredObjects } from '../../../src/gitstore/embedded/stored-objects.js';
import { packOf } from '../../../src/gitstore/embedded/wire/pack.js';
import { firstBand, frame, type Said } from '../../../src/gitstore/embedded/wire/pkt-line.js';
import { SmartHttp } from '../../../src/gitstore/embedded/wire/smart-http.js';
import { remoteFault } from '../../../src/gitstore/process/remote-fault.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/store/port/means.js';
import { openEmbedded } from '../../support/embedded-git.js';
import { bareRepository } from '../../support/git-fixtures.js';

const OID = '1'.repeat(40);
const OTHER = '2'.repeat(40);
const flush = Buffer.from('0000');
const band = (number: number, data: Uint8Array | string) =>
  Buffer.concat([
    Buffer.from((data.length + 5).toString(16).padStart(4, '0')),
    Buffer.from([number]),
    Buffer.from(data),
  ]);
const lines = (...all: string[]) => Buffer.concat([...all.map((line) => frame(`${line}\n`)), flush]);
const CAPABILITIES = lines('version 2', 'ls-refs', 'fetch=shallow', 'object-format=sha1');
const OFFER = Buffer.concat([frame(`${OID} refs/heads/main\0 report-status atomic\n`), flush]);

/** An entry of a pack, with the size that it is said to have. */
function entry(type: number, size: number, data: Uint8Array): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128;
    bytes.push(rest & 127);
  }
  return Buffer.concat([Buffer.from(bytes), data]);
}
const packWith = (...entries: Buffer[]) => {
  const head = Buffer.from([...Buffer.from('PACK'), 0, 0, 0, 2, 0, 0, 0, entries.length]);
  const data = Buffer.concat([head, ...entries]);
  return Buffer.concat([data, createHash('sha1').update(data).digest()]);
};
const ABCD = entry(3, 4, deflateSync('abcd'));
/** The id of that object. */
const BASE = createHash('sha1').update('blob 4\0abcd').digest();
/** A delta of it. */
const refDelta = (delta: readonly number[]) =>
  entry(7, delta.length, Buffer.concat([BASE, deflateSync(Buffer.from(delta))]));
/** 2 GiB, as a delta says it. */
const HUGE = [255, 255, 255, 255, 7];
const flipped = (pack: Buffer) => {
  pack[15] = (pack[15] ?? 0) ^ 1;
  return pack;
};
const BIG = 65 * 1024 * 1024;
/** 20 MB in 20 kB. */
const BOMB = deflateSync(Buffer.alloc(20_000_000));
/** Data in as many frames as they need. */
const bands = (data: Buffer) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(data.length / 60_000) }, (_, i) =>
      band(1, data.subarray(i * 60_000, (i + 1) * 60_000)),
    ),
  );

/** The answer to a fetch. */
const answered = (pack: Buffer) => Buffer.concat([frame('packfile\n'), bands(pack), flush]);

/** Makes two commits of one file. */
function chain(objects: StoredObjects) {
  const people = ['author', 'committer'].map((who) => `${who} a <a@b> 1700000000 +0000\n`).join('');
  const blob = objects.make('blob', Buffer.from('x'));
  const tree = objects.make('tree', formatTree([{ mode: '100644', name: 'a', oid: blob }]));
  const parent = objects.make('commit', formatCommit({ tree, parent: null, people, message: 'one\n' }));
  const commit = objects.make('commit', formatCommit({ tree, parent, people, message: 'two\n' }));
  return { blob, tree, parent, commit };
}

type Answer = Partial<HttpResponse> | Buffer | Error;

/** A store whose server gives these answers to what is asked for. */
async function served(answers: (request: HttpRequest, body: string) => Answer) {
  const client: HttpClient = {
    async request(request) {
      const parts: Uint8Array[] = [];
      if (request.body) for await (const part of request.body) parts.push(part);
      const answer = answers(request, Buffer.concat(parts).toString('latin1'));
      if (answer instanceof Error) throw answer;
      const service = /git-(upload|receive)-pack/.exec(request.url)?.[0];
      const type = `application/x-${service}-${request.method === 'GET' ? 'advertisement' : 'result'}`;
      const { body, ...more } = Buffer.isBuffer(answer) ? { body: undefined, ...{} } : answer;
      const data = Buffer.isBuffer(answer) ? answer : null;
      const whole = async function* () {
        if (data) yield data;
      };
      return { statusCode: 200, headers: { 'content-type': type }, body: body ?? whole(), ...more };
    },
  };
  const path = bareRepository();
  const remote = { name: 'origin', place: { url: 'http://host/x.git', client, headers: {}, login: null } };
  const parts = await openEmbedded(path, null, { remote });
  if (parts.remote === null) throw new Error('no remote');
  return { ...parts, remote: parts.remote, path };
}

const upload = (fetched: Buffer, refs = lines(`${OID} refs/heads/main`)) =>
  served(({ method }, body) =>
    method === 'GET' ? CAPABILITIES : body.includes('command=ls-refs') ? refs : fetched,
  );
const call = { timeoutMs: 10_000 };

describe('a server that does not do as git does', () => {
  it('writes no file outside of refs by the names of its refs', async () => {
    const { remote, path } = await upload(
      Buffer.alloc(0),
      lines(`${OID} refs/kgit/locks/../../../x`, `${OID} HEAD symref-target:refs/heads/../../x`),
    );
    expect(await remote.serverRefs([''], 10_000)).toEqual({ refs: new Map([['HEAD', OID]]), head: null });
    await remote.fetch(['+refs/kgit/locks/*:refs/kgit/locks/*'], call);
    expect(existsSync(join(path, '../x'))).toBe(false);
  });

  it('must send what was asked for, and it counts once it is stored', async () => {
    const { objects } = await openEmbedded(bareRepository());
    const blob = objects.make('blob', Buffer.from('x'));
    expect(await objects.has(blob)).toBe(false);
    await objects.store();
    expect(await objects.has(blob)).toBe(true);
    const { pack } = await packOf(objects, [blob]);
    const { remote, refs } = await upload(answered(pack));
    const { code, stderr } = await remote.fetch(['+refs/heads/main:refs/kgit/remote/main'], call);
    expect([code, stderr]).toEqual([128, expect.stringContaining('did not send all objects')]);
    expect((await refs.list(['refs/kgit'])).size).toBe(0);
  });

  it.each([
    ['its tree', ['parent', 'blob', 'commit']],
    ['a file', ['parent', 'tree', 'commit']],
    ['its parent', ['blob', 'tree', 'commit']],
  ] as const)(
    'sends a commit without %s: no ref moves, and the next fetch asks again',
    async (_what, sent) => {
      const { objects } = await openEmbedded(bareRepository());
      const ids = chain(objects);
      const pack = async (names: readonly (keyof typeof ids)[]) => {
        const oids = names.map((name) => ids[name]);
        return answered((await packOf(objects, oids)).pack);
      };
      const refs = lines(`${ids.commit} refs/heads/main`);
      const answers = [await pack(sent), await pack(['blob', 'tree', 'parent', 'commit'])];
      const { remote, refs: here } = await served(({ method }, body) =>
        method === 'GET' ? CAPABILITIES : body.includes('command=ls-refs') ? refs : (answers.shift() ?? refs),
      );
      const fetch = () => remote.fetch(['+refs/heads/main:refs/kgit/remote/main'], call);
      const { code, stderr } = await fetch();
      expect([code, stderr]).toEqual([128, expect.stringContaining('did not send all objects')]);
      expect((await here.list(['refs/kgit'])).size).toBe(0);
      expect((await fetch()).code).toBe(0);
      expect((await here.read(['refs/kgit/remote/main'])).get('refs/kgit/remote/main')).toBe(ids.commit);
    },
  );

  it('cuts off commits only if it is asked for a depth', async () => {
    const { objects } = await openEmbedded(bareRepository());
    const { blob, tree, parent, commit } = chain(objects);
    const cut = (oid: string, pack: Buffer) =>
      Buffer.concat([
        frame('shallow-info\n'),
        frame(`shallow ${oid}\n`),
        Buffer.from('0001'),
        answered(pack),
      ]);
    const fetched = async (pack: Buffer, depth?: 'tip') => {
      const { remote, path } = await upload(pack, lines(`${commit} refs/heads/main`));
      const { code } = await remote.fetch(['+refs/heads/main:refs/kgit/remote/main'], {
        ...call,
        ...(depth && { depth }),
      });
      return [code, existsSync(join(path, 'shallow'))];
    };
    const [tip, all] = [
      [blob, tree, commit],
      [blob, tree, parent, commit],
    ];
    expect(await fetched(cut(commit, (await packOf(objects, tip)).pack), 'tip')).toEqual([0, true]);
    expect(await fetched(cut(commit, (await packOf(objects, tip)).pack))).toEqual([128, false]);
    expect(await fetched(cut(parent, (await packOf(objects, all)).pack))).toEqual([0, false]);
  });

  it.each([
    ['a byte that flipped', () => flipped(packWith(entry(3, 4, deflateSync('abcd')))), 'is damaged'],
    ['an object that inflates to more than it says', () => packWith(entry(3, 10, BOMB)), 'is damaged'],
    ['an object larger than any', () => packWith(entry(3, BIG, deflateSync('x'))), 'too large'],
    [
      'a delta that makes one larger than any',
      () => packWith(ABCD, refDelta([4, ...HUGE, 0x90, 4])),
      'too large',
    ],
    ['a delta of what is not here', () => packWith(refDelta([4, 4, 0x90, 4])), 'is damaged'],
  ])('sends a pack with %s: nothing of it is kept', async (_what, make, words) => {
    const { remote, refs, path } = await upload(answered(make()));
    const { code, stderr } = await remote.fetch(['+refs/heads/main:refs/kgit/remote/main'], call);
    expect([code, stderr]).toEqual([128, expect.stringContaining(words)]);
    expect(remoteFault(stderr)).toMatchObject({ cause: 'bad-pack', kind: 'unreachable' });
    const lazily = remote.fetchMissing([OID], 10_000, ({ stderr: text }) => new Error(text));
    await expect(lazily).rejects.toThrow(words);
    expect((await refs.list(['refs/kgit'])).size).toBe(0);
    const kept = readdirSync(join(path, 'objects'), { recursive: true, withFileTypes: true });
    expect(kept.filter((each) => each.isFile())).toEqual([]);
  });

  it('is read to a bound: of its refs, and of the bytes of an answer', async () => {
    const many = Buffer.concat(Array.from({ length: 1000 }, () => frame(`${OID} refs/heads/main\n`)));
    const endless = async function* () {
      for (;;) yield many;
    };
    const { remote } = await served(({ method }) => (method === 'GET' ? CAPABILITIES : { body: endless() }));
    expect((await remote.tips(['refs/heads/main'], 60_000)).result.stderr).toContain('too many lines');
    const chunk = Buffer.alloc(1024 * 1024);
    const body = (async function* () {
      for (;;) yield chunk;
    })();
    const headers = { 'content-type': 'application/x-git-upload-pack-result' };
    const client = { request: async () => ({ statusCode: 200, headers, body }) };
    const place = { url: 'http://host/x.git', client, headers: {}, login: null };
    const answer = await new SmartHttp(place, 60_000).post('git-upload-pack', 2, Buffer.alloc(0));
    const read = async () => {
      for await (const _ of answer);
    };
    await expect(read()).rejects.toThrow('the answer is larger than');
  });

  it.each([
    ['frames that are none', Buffer.from('<htm')],
    ['a redirect to no URL', { statusCode: 302, headers: { location: 'http://[' } }],
  ])('is not taken for a fault of kgit: %s', async (_what, answer) => {
    const { remote } = await served(() => answer);
    const { code, stderr } = (await remote.tips(['refs/heads/main'], 10_000)).result;
    expect([code, stderr]).toEqual([128, expect.stringContaining('fatal: protocol error: ')]);
  });

  it.each([
    [{ statusCode: 504 }, 'unknown'],
    [{ statusCode: 403 }, 'denied'],
    [{ statusCode: 413 }, 'refused'],
    [Object.assign(new Error('bad record'), { code: 'ERR_SSL_BAD_RECORD' }), 'unknown'],
    [Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }), 'unknown'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'unreachable'],
    [Object.assign(new Error('name'), { code: 'ENOTFOUND' }), 'unreachable'],
  ] as const)('may have taken a push that it answers with %j', async (answer, kind) => {
    const { remote } = await served(({ method }) => (method === 'GET' ? OFFER : answer));
    const update = { ref: 'refs/heads/main', from: OID, to: null };
    const result = await remote.push([update], { isAtomic: true, timeoutMs: 10_000 });
    expect(pushOutcome(result, 'remote', 'main')?.kind).toBe(kind);
  });

  it('says a line in as many frames as it likes', async () => {
    const said: Said = { text: '' };
    const frames = async function* () {
      for (const [number, text] of [
        [2, 'not '],
        [1, 'data'],
        [2, 'so\nfast'],
        [2, '!'],
      ] as const)
        yield band(number, text).subarray(4);
    };
    const data: string[] = [];
    for await (const part of firstBand(frames(), said)) data.push(part.toString());
    expect(data).toEqual(['data']);
    expect(said.text).toBe('remote: not so\nremote: fast!\n');
  });
});

it('a mode that git does not write is the one that git takes it for, or makes a tree malformed', () => {
  const tree = (mode: string) => Buffer.concat([Buffer.from(`${mode} a\0`), Buffer.from(OID, 'hex')]);
  for (const [mode, means] of [
    ['040000', '40000'],
    ['40755', '40000'],
    ['0100644', '100644'],
    ['100664', '100644'],
    ['100775', '100755'],
    ['120000', '120000'],
    ['00160000', '160000'],
    ['0', '160000'],
  ] as const)
    expect(parseTree(tree(mode))).toEqual([{ mode: means, name: 'a', oid: OID }]);
  expect([entryIds(tree('040000')), entryIds(tree('0100644')), entryIds(tree('0160000'))]).toEqual([
    [OID],
    [OID],
    [],
  ]);
  for (const mode of ['', '8', '-40000', '0x4000', '1000000'])
    expect(() => parseTree(tree(mode))).toThrow('malformed');
});

it('a tree that is cut off is no tree', () => {
  const tree = formatTree([{ mode: '100644', name: 'a', oid: OTHER }]);
  expect(parseTree(tree)).toHaveLength(1);
  for (const data of [tree.subarray(0, -1), tree.subarray(0, 8), tree.subarray(0, 4), Buffer.from('x')])
    expect(() => parseTree(data)).toThrow('malformed');
});

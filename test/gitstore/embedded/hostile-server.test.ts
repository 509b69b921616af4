/** What the embedded git makes of answers that no git server gives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pushOutcome } from '../../../src/gitstore/branch/push-outcome.js';
import { formatTree, parseTree } from '../../../src/gitstore/embedded/object-formats.js';
import { packOf } from '../../../src/gitstore/embedded/wire/pack.js';
import { firstBand, frame, type Said } from '../../../src/gitstore/embedded/wire/pkt-line.js';
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
  const remote = { name: 'origin', place: { url: 'http://host/x.git', client, headers: {} } };
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
    const pack = await packOf(objects, [blob]);
    const { remote, refs } = await upload(Buffer.concat([frame('packfile\n'), band(1, pack), flush]));
    const { code, stderr } = await remote.fetch(['+refs/heads/main:refs/kgit/remote/main'], call);
    expect([code, stderr]).toEqual([128, expect.stringContaining('did not send all objects')]);
    expect((await refs.list(['refs/kgit'])).size).toBe(0);
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

it('a tree that is cut off is no tree', () => {
  const tree = formatTree([{ mode: '100644', name: 'a', oid: OTHER }]);
  expect(parseTree(tree)).toHaveLength(1);
  for (const data of [tree.subarray(0, -1), tree.subarray(0, 8), tree.subarray(0, 4), Buffer.from('x')])
    expect(() => parseTree(data)).toThrow('malformed');
});

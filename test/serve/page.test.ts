import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { serveApp } from '../../src/serve/app.js';
import type { ServeApp } from '../../src/serve/parts.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { testParts } from '../support/serve/serve-parts.js';

const HTML = '<!doctype html><title>kgit</title>';
const SCRIPT = 'console.log("a");\n'.repeat(200);
let app: ServeApp;

beforeAll(async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'page/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(folder, 'page/index.html'), HTML);
  writeFileSync(join(folder, 'page/assets/main-1a2b.js'), SCRIPT);
  writeFileSync(join(folder, 'page/assets/main-1a2b.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, 'page/assets/main-1a2b.js.gz'), gzipSync(SCRIPT));
  app = serveApp(await testParts({ pageFolder: join(folder, 'page') }));
});

const get = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await app.request(path, { headers });
  const { status, headers: got } = answer;
  return {
    status,
    bytes: Buffer.from(await answer.arrayBuffer()),
    header: (name: string) => got.get(name),
  };
};

describe('the page', () => {
  it('has one HTML for all its views', async () => {
    for (const path of [
      '/',
      '/clusters?q=a',
      '/clusters/m/ns/n',
      '/deployments',
      '/deployments/a',
      '/timeline',
      '/locks',
    ]) {
      const { status, bytes, header } = await get(path);
      expect([path, status, `${bytes}`]).toEqual([path, 200, HTML]);
      expect([header('content-type'), header('cache-control')]).toEqual([
        'text/html; charset=utf-8',
        'no-cache',
      ]);
    }
    for (const path of ['/clusters/m', '/clusters/m/ns/n/x', '/none', '/index.html', '/deployments/a/b'])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  });

  it('is not sent again to who has it', async () => {
    const etag = (await get('/')).header('etag') ?? '';
    const again = await get('/timeline', { 'if-none-match': `"other", W/${etag}` });
    expect([again.status, again.bytes.length, again.header('etag')]).toEqual([304, 0, etag]);
    expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('has files that are kept for good, in the best encoding that the client takes', async () => {
    const path = '/assets/main-1a2b.js';
    const encoded = async (accepted: string) => {
      const { bytes, header } = await get(path, { 'accept-encoding': accepted });
      const encoding = header('content-encoding');
      const text =
        encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
      expect(`${text}`).toBe(SCRIPT);
      return { encoding, etag: header('etag') };
    };
    const [br, gzip, none] = [
      await encoded('gzip, deflate, br, zstd'),
      await encoded('gzip;q=1.0'),
      await encoded(''),
    ];
    expect([br.encoding, gzip.encoding, none.encoding]).toEqual(['br', 'gzip', null]);
    expect(new Set([br.etag, gzip.etag, none.etag]).size).toBe(3);
    expect((await encoded('br;q=0, gzip;q=0')).encoding).toBe(null);
    const { header } = await get(path);
    expect(header('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(header('content-type')).toBe('text/javascript; charset=utf-8');
    expect(header('vary')).toBe('Accept-Encoding');
  });

  it('leads to no other file', async () => {
    for (const path of [
      '/assets/../../secret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/main-1a2b.js.br',
      '/assets/',
      '/assets/%00',
    ])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  });
});

import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../support/kgit.js';
import { until } from '../support/patience.js';
import { checkResult } from '../support/schemas.js';
import { type RunningServe, runningServer } from '../support/serve/running-server.js';
import { StreamReader } from '../support/serve/stream-reader.js';

const TOKEN = 'a1'.repeat(20);
const SECRET = 'the-secret-of-the-forge';
const bearer = { authorization: `Bearer ${TOKEN}` };
let cluster: ApiServer;
let remote: string;
let other: string;
let server: RunningServe;
let tokenFile: string;

beforeAll(async () => {
  requireKubectl();
  cluster = await startApiServer({
    managements: [sample('mgmt-01-healthy.yaml')],
    clusters: [sample('cld-01-azure-healthy.yaml')],
  });
  remote = bareRepository();
  other = cloneOf(remote);
  await kgitJson(other, ['init']);
  const folder = temporaryFolder();
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`);
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
  const files = ['--token-file', tokenFile, '--hook-secret-file', join(folder, 'secret')];
  const env = { KUBECONFIG: cluster.kubeconfig };
  // It would fetch by itself in an hour.
  server = await runningServer(cloneOf(remote), [...files, '--refresh', '1h', '--no-learn'], { env });
});

afterAll(async () => {
  await server.end('SIGKILL');
  await cluster.stop();
});

const get = (path: string, headers: Record<string, string> = bearer) =>
  fetch(new URL(path, server.document.url), { headers, redirect: 'manual' });

describe('kgit serve', () => {
  it('says in one line where it listens', () => {
    checkResult(server.document);
    expect(server.document).toMatchObject({
      kind: 'ServeResult',
      contexts: [],
      access: 'token',
      hooks: ['/hooks/github', '/hooks/gitlab', '/hooks/gitea', '/hooks/forgejo'],
    });
  });

  it('serves the page, its own state, and nothing without the token', async () => {
    await until(async () => (await get('readyz')).status === 200);
    const page = await get('');
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>kgit</title>')]);
    expect((await get('', { accept: 'text/html' })).headers.get('location')).toBe('/sign-in?next=%2F');
    expect((await get('api/v1/stream', {})).status).toBe(401);
  });

  it('fetches after a webhook, and streams what another clone has pushed', async () => {
    const reader = new StreamReader(await get('api/v1/stream'));
    const [hello] = await reader.of(1, 'hello');
    const { id } = await kgitJson(other, ['push-event', 'cluster_created', '--cluster', 'prod']);
    const body = JSON.stringify({ ref: `refs/heads/${git(other, 'branch', '--show-current').trim()}` });
    const hooked = await fetch(new URL('hooks/github', server.document.url), {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      },
    });
    expect([hooked.status, await hooked.text()]).toEqual([202, 'fetching\n']);
    const [change] = await reader.of(1, 'change');
    expect(change?.data.events).toMatchObject([{ id, action: 'cluster_created' }]);
    await reader.cancel();
    const again = new StreamReader(await get(`api/v1/stream?after=${hello?.id}`));
    expect(await again.of(1, 'change', 'hello', 'reset')).toEqual([change]);
    await again.cancel();
  });

  it('ends within seconds of SIGTERM, streams and all, with the code of an interruption', async () => {
    const reader = new StreamReader(await get('api/v1/stream'));
    await reader.of(1, 'hello');
    const began = Date.now();
    expect(await server.end('SIGTERM')).toBe(130);
    // 5 seconds are promised; a busy machine may take longer.
    expect(Date.now() - began).toBeLessThan(60_000);
    while ((await reader.next()) !== null);
    expect(server.stderr()).toMatch(/^the identity of default is not in kgit.yaml [^\n]*\n$/);
  });

  it('ends at once if a signal comes during the first clone', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const folder = temporaryFolder();
    const child = startKgit(folder, ['serve', '--repo', `http://127.0.0.1:${address.port}/state.git`], {
      env: { HOME: folder, XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder, XDG_STATE_HOME: folder },
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => sockets.length > 0);
    child.kill('SIGTERM');
    expect(await ended).toBe(130);
  });

  it('refuses to start where everybody could read', async () => {
    const { code, json } = await kgit(other, ['serve', '--listen', '0.0.0.0:0', '--json']);
    expect([code, json.error.code]).toEqual([2, 'USAGE']);
    expect(json.error.suggestions.join('\n')).toMatch(/--token-file FILE.*\n.*--trusted-proxy-header/);
  });
});

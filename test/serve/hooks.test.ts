import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serveApp } from '../../src/serve/app.js';
import { HookSecret } from '../../src/serve/hooks/hook-secret.js';
import type { MemoryMonitor } from '../support/serve/memory-monitor.js';
import { type TestParts, testParts } from '../support/serve/serve-parts.js';

const SECRET = 'a shared secret'.replaceAll(' ', '-').padEnd(20, '!');
const signature = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex');
const PUSH = JSON.stringify({ ref: 'refs/heads/main', before: '0', after: '1' });
const JSON_BODY = { 'content-type': 'application/json' };

/** Headers with which each forge sends a push of `body`. */
const PUSHES = {
  github: (body: string) => ({
    'x-github-event': 'push',
    'x-hub-signature-256': `sha256=${signature(body)}`,
  }),
  gitlab: () => ({ 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': SECRET }),
  gitea: (body: string) => ({ 'x-gitea-event': 'push', 'x-gitea-signature': signature(body) }),
  forgejo: (body: string) => ({ 'x-forgejo-event': 'push', 'x-forgejo-signature': signature(body) }),
} as const;
const FORGES = Object.keys(PUSHES) as (keyof typeof PUSHES)[];

/** As if the repository were a git one on branch `main`. */
function withBranch({ context }: MemoryMonitor): MemoryMonitor['context'] {
  return { ...context, opened: { ...context.opened, git: {} as never, name: 'main' } };
}

async function hooked() {
  const parts: TestParts = await testParts({ hookSecret: () => HookSecret.parse(SECRET) });
  const monitor = Object.assign(parts.monitor, { context: withBranch(parts.monitor) });
  const app = serveApp(parts);
  const post = (path: string, body: string, headers: Record<string, string>) =>
    app.request(path, {
      method: 'POST',
      body,
      headers: { host: 'kgit.example.com', ...JSON_BODY, ...headers },
    });
  return { app, monitor, post };
}

describe.each(FORGES)('a hook of %s', (forge) => {
  const path = `/hooks/${forge}`;

  it('fetches after a push to the branch, and not after one to another', async () => {
    const { monitor, post } = await hooked();
    const answer = await post(path, PUSH, PUSHES[forge](PUSH));
    expect([answer.status, await answer.text(), monitor.refreshes]).toEqual([202, 'fetching\n', 1]);
    for (const ref of ['refs/heads/other', 'refs/tags/main', 'main', 'refs/heads/main/x']) {
      const other = JSON.stringify({ ref });
      const { status } = await post(path, other, PUSHES[forge](other));
      expect([ref, status, monitor.refreshes]).toEqual([ref, 200, 1]);
    }
    // A replay is a fetch that finds nothing.
    expect((await post(path, PUSH, PUSHES[forge](PUSH))).status).toBe(202);
  });

  it('refuses whoever does not know the secret', async () => {
    const { monitor, post } = await hooked();
    const right = PUSHES[forge](PUSH);
    const status = async (headers: Record<string, string>, body = PUSH) =>
      (await post(path, body, headers)).status;
    const [name = ''] = Object.keys(right).filter((one) => /signature|token/.test(one));
    const value = (right as Record<string, string>)[name] ?? '';
    for (const wrong of [
      '',
      'x',
      value.slice(0, -1),
      `${value}0`,
      signature(PUSH, 'another secret, which is wrong'),
    ])
      expect([wrong, await status({ ...right, [name]: wrong })]).toEqual([wrong, 401]);
    expect(await status({})).toBe(401);
    if (forge !== 'gitlab') expect(await status(right, `${PUSH} `)).toBe(401);
    for (const other of FORGES.filter((one) => one !== forge))
      expect(await status(PUSHES[other](PUSH))).toBe(401);
    expect(monitor.refreshes).toBe(0);
  });

  it('refuses what is no push', async () => {
    const { monitor, post } = await hooked();
    const event = `x-${forge}-event`;
    for (const [body, headers] of [
      [PUSH, { [event]: 'issues' }],
      [PUSH, { [event]: 'Push Hookx' }],
      ['{}', {}],
      ['[]', {}],
      ['null', {}],
      ['{"ref": 1}', {}],
      ['{"ref": "refs/heads/main", "object_kind": "tag_push"}', {}],
      ['no json', {}],
    ] as const)
      expect([body, (await post(path, body, { ...PUSHES[forge](body), ...headers })).status]).toEqual([
        body,
        422,
      ]);
    expect(monitor.refreshes).toBe(0);
  });

  it('takes a small POST of a program alone', async () => {
    const { app, monitor, post } = await hooked();
    const get = await app.request(path, { headers: { host: 'localhost' } });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const large = JSON.stringify({ ref: 'refs/heads/main', commits: 'a'.repeat(2 * 1024 * 1024) });
    expect((await post(path, large, PUSHES[forge](large))).status).toBe(413);
    for (const site of ['cross-site', 'same-origin'])
      expect((await post(path, PUSH, { ...PUSHES[forge](PUSH), 'sec-fetch-site': site })).status).toBe(403);
    expect(monitor.refreshes).toBe(0);
  });

  it('is not there without a secret', async () => {
    const parts = await testParts();
    const app = serveApp(parts);
    const headers = { ...JSON_BODY, ...PUSHES[forge](PUSH), host: 'localhost' };
    expect((await app.request(path, { method: 'POST', body: PUSH, headers })).status).toBe(404);
  });
});

describe('what forges do in their own way', () => {
  it('GitHub tries a new hook with a ping, and may send a form, of which it signs the body', async () => {
    const { monitor, post } = await hooked();
    const zen = JSON.stringify({ zen: 'Keep it logically awesome.' });
    const ping = await post('/hooks/github', zen, { ...PUSHES.github(zen), 'x-github-event': 'ping' });
    expect([ping.status, await ping.text(), monitor.refreshes]).toEqual([200, 'pong\n', 0]);
    const body = new URLSearchParams({ payload: PUSH }).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/hooks/github', body, { ...PUSHES.github(body), ...form })).status).toBe(202);
    expect((await post('/hooks/github', body, { ...PUSHES.github(PUSH), ...form })).status).toBe(401);
    expect((await post('/hooks/github', 'a=b', { ...PUSHES.github('a=b'), ...form })).status).toBe(400);
  });

  it('Gitea signs the field of a form', async () => {
    const { post } = await hooked();
    const body = new URLSearchParams({ payload: PUSH }).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/hooks/gitea', body, { ...PUSHES.gitea(PUSH), ...form })).status).toBe(202);
  });

  it('a server-wide hook of GitLab has an event of its own', async () => {
    const { monitor, post } = await hooked();
    const headers = { ...PUSHES.gitlab(), 'x-gitlab-event': 'System Hook' };
    const push = JSON.stringify({ object_kind: 'push', ref: 'refs/heads/main' });
    expect((await post('/hooks/gitlab', push, headers)).status).toBe(202);
    expect((await post('/hooks/gitlab', '{"event_name": "user_create"}', headers)).status).toBe(422);
    expect(monitor.refreshes).toBe(1);
  });

  it('every push counts for a store that is no git repository', async () => {
    const parts = await testParts({ hookSecret: () => HookSecret.parse(SECRET) });
    const headers = { ...JSON_BODY, ...PUSHES.gitea(PUSH), host: 'localhost' };
    const answer = await serveApp(parts).request('/hooks/gitea', { method: 'POST', body: PUSH, headers });
    expect([answer.status, parts.monitor.refreshes]).toEqual([202, 1]);
  });
});

describe('the secret of the hooks', () => {
  it('is long, visible, and alone in its file', () => {
    expect(HookSecret.parse(`${SECRET}\n`).matches(SECRET)).toBe(true);
    for (const text of ['', 'short', `${SECRET}\n${SECRET}`, `${SECRET} x`, `${SECRET}\u0007`])
      expect(() => HookSecret.parse(text)).toThrow(/at least 16 visible ASCII characters/);
  });
});

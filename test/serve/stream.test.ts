import { afterEach, describe, expect, it, vi } from 'vitest';
import type { News } from '../../src/news/news-item.js';
import { AccessToken } from '../../src/serve/access/access-token.js';
import { serveApp } from '../../src/serve/app.js';
import { OpenStreams, type StreamLimits } from '../../src/serve/stream/open-streams.js';
import { memoryMonitor } from '../support/serve/memory-monitor.js';
import { testAccess, testParts } from '../support/serve/serve-parts.js';
import { StreamReader } from '../support/serve/stream-reader.js';

const stuck = (waiting: number): News => ({
  kind: 'outbox',
  document: { type: 'stuck', waiting, oldest: null, observedAt: '2026-01-01T00:00:00Z' },
});

/** Has the streams looked at, once all that was read is known to be. */
const look = async () => {
  await new Promise((wake) => setImmediate(wake));
  vi.advanceTimersByTime(15_000);
};

let open: OpenStreams | null = null;
afterEach(() => open?.end());

/** An application whose streams a test opens. */
async function streamed(limits: Partial<StreamLimits> = {}, rules: Parameters<typeof testAccess>[0] = {}) {
  const monitor = await memoryMonitor();
  const streams = new OpenStreams(monitor, limits);
  open = streams;
  const parts = { ...(await testParts({ streams, access: testAccess(rules) })), monitor };
  const app = serveApp(parts);
  const connect = async (headers: Record<string, string> = {}, query = '') => {
    const answer = await app.request(`/api/v1/stream${query}`, { headers });
    return { answer, reader: new StreamReader(answer) };
  };
  return { app, monitor, streams, connect, parts };
}

describe('the stream', () => {
  it('begins with the newest id, then sends news with their ids', async () => {
    const { monitor, connect } = await streamed();
    await monitor.news.append([stuck(1)]);
    const { answer, reader } = await connect();
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(await reader.next()).toEqual({ event: 'hello', id: 'j1-1', data: {} });
    expect(await reader.of(2, 'fleet', 'server')).toEqual([
      { event: 'fleet', data: { version: 1 } },
      { event: 'server', data: monitor.health },
    ]);
    const [item] = await monitor.news.append([stuck(2)]);
    expect(await reader.next()).toEqual({
      event: 'outbox',
      id: 'j1-2',
      data: { ...stuck(2).document, id: 'j1-2', time: item?.time },
    });
  });

  it.each(['header', 'query'])(
    'goes on behind the last id of a %s: nothing is missed, nothing comes twice',
    async (where) => {
      const { monitor, connect } = await streamed();
      await monitor.news.append([1, 2, 3, 4].map(stuck));
      const { reader } =
        where === 'header' ? await connect({ 'last-event-id': 'j1-2' }) : await connect({}, '?after=j1-2');
      const rest = await reader.of(2, 'outbox', 'hello', 'reset');
      await monitor.news.append([stuck(5)]);
      expect(
        [...rest, ...(await reader.of(1, 'outbox', 'hello', 'reset'))].map(({ event, id }) => [event, id]),
      ).toEqual([
        ['outbox', 'j1-3'],
        ['outbox', 'j1-4'],
        ['outbox', 'j1-5'],
      ]);
    },
  );

  it.each(['j0-1', 'j1-99', 'j1--1', 'nonsense', '../../etc', '%00', 'j1-1\u00e9'])(
    'has a client begin anew behind %j, which it does not know',
    async (id) => {
      const { monitor, connect } = await streamed();
      await monitor.news.append([stuck(1)]);
      const { reader } = await connect({}, `?after=${encodeURIComponent(id)}`);
      expect(await reader.next()).toEqual({ event: 'reset', id: 'j1-1', data: {} });
      await monitor.news.append([stuck(2)]);
      expect(await reader.of(1, 'outbox')).toMatchObject([{ id: 'j1-2' }]);
    },
  );

  it('sends hints without an id, and one for many changes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { monitor, connect } = await streamed({ hint: 1_000 });
      const { reader } = await connect();
      await reader.of(2, 'fleet', 'server');
      for (let n = 0; n < 100; n += 1) monitor.change('fleet');
      // The first change is told at once, as of when it is sent.
      expect(await reader.next()).toEqual({ event: 'fleet', data: { version: 101 } });
      vi.advanceTimersByTime(1_000);
      expect(await reader.next()).toEqual({ event: 'fleet', data: { version: 101 } });
      vi.advanceTimersByTime(5_000);
      monitor.change('health');
      expect(await reader.next()).toMatchObject({ event: 'server' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is kept alive, and ends with the session, with the token, and with the server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      let token = AccessToken.parse('a'.repeat(40));
      const { app, connect, streams } = await streamed({}, { token: () => token });
      const signIn = async () => {
        const body = new URLSearchParams({ token: 'a'.repeat(40) });
        const { headers } = await app.request('/sign-in', { method: 'POST', body });
        return { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' };
      };
      const cookie = await signIn();
      const [one, two, three] = await Promise.all([
        connect(cookie),
        connect(await signIn()),
        connect({ authorization: `Bearer ${'a'.repeat(40)}` }),
      ]);
      for (const { reader } of [one, two, three]) await reader.of(2, 'fleet', 'server');
      await look();
      for (const { reader } of [one, two, three]) expect(await reader.next()).toEqual({ comment: true });
      await app.request('/sign-out', { method: 'POST', headers: cookie });
      await look();
      expect(await one.reader.next()).toBe(null);
      expect([await two.reader.next(), await three.reader.next()]).toEqual([
        { comment: true },
        { comment: true },
      ]);
      token = AccessToken.parse('b'.repeat(40));
      await look();
      expect([await two.reader.next(), await three.reader.next()]).toEqual([null, null]);
      const four = await connect({ authorization: `Bearer ${'b'.repeat(40)}` });
      await four.reader.of(2, 'fleet', 'server');
      streams.end();
      expect(await four.reader.next()).toBe(null);
      await vi.waitFor(() => expect(streams.size).toBe(0));
      expect(
        (await app.request('/api/v1/stream', { headers: { authorization: `Bearer ${'b'.repeat(40)}` } }))
          .status,
      ).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves nothing behind when clients go', async () => {
    const { monitor, connect, streams } = await streamed();
    const before = monitor.listeners;
    for (let n = 0; n < 200; n += 1) {
      const { reader } = await connect();
      await reader.next();
      await reader.cancel();
    }
    await vi.waitFor(() => expect(streams.size).toBe(0));
    expect(monitor.listeners).toBe(before);
  });

  it('ends, and tells the operator, if the journal fails', async () => {
    const { monitor, connect, parts } = await streamed();
    monitor.news.follow = () => {
      throw new Error('the journal at /var/lib/kgit is damaged');
    };
    const { reader } = await connect();
    expect(await reader.next()).toMatchObject({ event: 'hello' });
    expect(await reader.next()).toBe(null);
    expect(parts.faults.map(({ message }) => message)).toEqual(['the journal at /var/lib/kgit is damaged']);
  });

  it('answers HEAD without a stream', async () => {
    const { app, streams } = await streamed();
    expect((await app.request('/api/v1/stream', { method: 'HEAD' })).status).toBe(200);
    expect(streams.size).toBe(0);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { RemoteError } from '../../../src/errors.js';
import { serveApp } from '../../../src/serve/app.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { until } from '../../support/patience.js';
import { checkResult } from '../../support/schemas.js';
import { MemoryMonitor } from '../../support/serve/memory-monitor.js';
import { testParts } from '../../support/serve/serve-parts.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const go of open.splice(0)) go();
});

/** A server whose store reads its first time line once `go` is called, and the others at once. */
async function slowlyRead(failure: Error | null = null) {
  const memory = memoryWriting();
  const writing = await memory.writing({ terms: {} });
  for (const action of ['created', 'noted'])
    await writeEvent(writing, { word: 'prod' }, { action, outcome: 'started', run_id: 'r1' });
  const context = await memory.read();
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  open.push(go);
  let lines = 0;
  const history = Object.create(memory.store.history, {
    timeline: {
      value: async function* (...args: Parameters<typeof memory.store.history.timeline>) {
        lines += 1;
        if (lines === 1) await held;
        if (lines === 1 && failure !== null) throw failure;
        yield* memory.store.history.timeline(...args);
      },
    },
  });
  const store = new Proxy(memory.store, {
    get(target, key) {
      if (key === 'history') return history;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const repository = Object.create(context.opened.repository, { store: { value: store } });
  const monitor = new MemoryMonitor({ ...context, opened: { ...context.opened, repository } });
  const parts = await testParts();
  const app = serveApp({ ...parts, monitor });
  await until(() => lines > 0);
  const json = async (path: string) => {
    const answer = await app.request(path);
    return { answer, body: JSON.parse(await answer.text()) };
  };
  return { app, json, go, parts };
}

describe('a server that still reads the history', () => {
  it('says so for what needs all of it, answers the rest from the store, and is ready', async () => {
    const { app, json, go } = await slowlyRead();
    for (const path of ['/api/v1/activity', '/api/v1/runs']) {
      const { answer, body } = await json(path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      checkResult(body);
      expect(body.error.message).toBe('the server is still reading the history: 0 events so far');
    }
    const page = await json('/api/v1/events?limit=1');
    expect(page.answer.status).toBe(200);
    expect(page.body.events).toMatchObject([{ action: 'noted' }]);
    expect((await json('/api/v1/subjects')).body.items).toMatchObject([{ events: 2 }]);
    expect((await app.request('/readyz')).status).toBe(200);
    go();
    await until(async () => (await app.request('/api/v1/activity')).status === 200);
    expect((await json('/api/v1/events?limit=1')).body.events).toEqual(page.body.events);
    expect((await json('/api/v1/runs')).body.runs).toHaveLength(2);
  });

  it('tells why reading failed, and tries again', async () => {
    const { app, json, go } = await slowlyRead(new RemoteError('the remote is away'));
    go();
    await until(async () => {
      const { body } = await json('/api/v1/activity');
      return body.error?.message === 'the remote is away';
    });
    await until(async () => (await app.request('/api/v1/activity')).status === 200);
  });
});

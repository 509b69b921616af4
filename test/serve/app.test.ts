import { describe, expect, it } from 'vitest';
import { EnvironmentError, NotFoundError } from '../../src/errors.js';
import { serveApp } from '../../src/serve/app.js';
import { testParts } from '../support/serve/serve-parts.js';

describe('every answer', () => {
  it('lets a page load from this server alone, and no other page use it', async () => {
    const app = serveApp(await testParts());
    for (const path of ['/healthz', '/none']) {
      const { headers } = await app.request(path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
  });

  it('is an Error document where there is nothing', async () => {
    const answer = await serveApp(await testParts()).request('/none');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ kind: 'Error', error: { code: 'NOT_FOUND', exitCode: 15 } });
  });

  it('tells a failure by its code, and what is about this machine to the operator alone', async () => {
    const parts = await testParts();
    const app = serveApp(parts);
    app.get('/missing', () => {
      throw new NotFoundError('no such deployment', {
        suggestions: ['Look'],
        data: { subject: 'deployment/a' },
      });
    });
    app.get('/disk', () => {
      throw new EnvironmentError('cannot write /home/ada/.local/state/kgit');
    });
    app.get('/bug', () => {
      throw new TypeError('undefined is not a function at /opt/kgit');
    });
    const missing = await app.request('/missing');
    expect([missing.status, await missing.json()]).toMatchObject([
      404,
      {
        kind: 'Error',
        error: {
          code: 'NOT_FOUND',
          message: 'no such deployment',
          exitCode: 15,
          suggestions: ['Look'],
          data: { subject: 'deployment/a' },
        },
      },
    ]);
    expect(parts.faults).toEqual([]);
    for (const [path, status] of [
      ['/disk', 503],
      ['/bug', 500],
    ] as const) {
      const answer = await app.request(path);
      expect(answer.status).toBe(status);
      expect(await answer.text()).not.toMatch(/home|opt|undefined/);
    }
    expect(parts.faults.map(({ message }) => message)).toEqual([
      'cannot write /home/ada/.local/state/kgit',
      'undefined is not a function at /opt/kgit',
    ]);
  });
});

describe('health', () => {
  it('is ready once the repository was read and each context has answered or failed', async () => {
    const stop = new AbortController();
    const parts = await testParts({ stopping: stop.signal });
    const app = serveApp(parts);
    const ready = async () => (await app.request('/readyz')).status;
    expect((await app.request('/healthz')).status).toBe(200);
    expect(await ready()).toBe(200);
    const { context } = parts.monitor;
    const empty = (fetchedAt: number | null) => ({
      ...context,
      reading: { ...context.reading, revision: null, fetchedAt },
    });
    parts.monitor.context = empty(0);
    expect(await ready()).toBe(503);
    for (const fetchedAt of [1, null]) {
      parts.monitor.context = empty(fetchedAt);
      expect(await ready()).toBe(200);
    }
    parts.monitor.hasLooked = false;
    expect(await ready()).toBe(503);
    parts.monitor.hasLooked = true;
    expect(await ready()).toBe(200);
    stop.abort();
    expect([await ready(), (await app.request('/healthz')).status]).toEqual([503, 200]);
  });

  it('is an Error document of 503 if a route takes too long, and what the route says later is dropped', async () => {
    const app = serveApp(await testParts(), 20);
    let finish: (text: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => {
      finish = resolve;
    });
    app.get('/slow', async (c) => c.text(await slow));
    const answer = await app.request('/slow');
    finish('too late');
    expect(answer.status).toBe(503);
    expect(answer.headers.has('retry-after')).toBe(false);
    expect(await answer.json()).toMatchObject({ kind: 'Error', error: { code: 'ENVIRONMENT' } });
    expect(await (await app.request('/slow')).text()).toBe('too late');
  });
});

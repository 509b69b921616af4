import { streamSSE } from 'hono/streaming';
import { errorAnswer } from '../http/error-answer.js';
import type { Routes } from '../parts.js';
import { ClientStream } from './client-stream.js';

/** `/api/v1/stream`: news as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const streamRoutes: Routes = (app, { monitor, now, access, streams, onFault }) => {
  app.get('/api/v1/stream', (c) => {
    // Else a request for the headers alone would open a stream that nobody reads.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    if (!streams.hasRoom) {
      c.header('Retry-After', '30');
      return errorAnswer(c, 503, { code: 'REFUSED', message: 'too many streams are open' });
    }
    // Proxies that buffer answers, such as nginx, leave this one alone.
    c.header('X-Accel-Buffering', 'no');
    const answer = streamSSE(c, async (sse) => {
      const stream = new ClientStream(sse, {
        monitor,
        now,
        after: c.req.header('last-event-id') ?? c.req.query('after') ?? null,
        slow: streams.limits.slow,
        mayRead: () => access.grantOf(c) !== null,
        cut: () => c.env?.outgoing?.destroy(),
      });
      const remove = streams.add(stream);
      try {
        await stream.run();
      } catch (error) {
        onFault(error instanceof Error ? error : new Error(String(error)));
      } finally {
        remove();
        stream.end();
      }
    });
    answer.headers.set('Cache-Control', 'no-store');
    return answer;
  });
};

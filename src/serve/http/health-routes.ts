import type { Routes } from '../parts.js';

/** `/healthz`: the process answers. `/readyz`: it has read what it serves. Both answer anybody, and say nothing else. */
export const healthRoutes: Routes = (app, { monitor, stopping }) => {
  app.get('/healthz', (c) => c.text('ok\n', 200, { 'Cache-Control': 'no-store' }));
  app.get('/readyz', (c) => {
    const { revision, fetchedAt } = monitor.context.reading;
    // A store that was never fetched says 0. One that was may be empty: it has no revision.
    const hasRead = revision !== null || fetchedAt !== 0;
    const isReady = hasRead && monitor.hasLooked && !stopping.aborted;
    return c.text(isReady ? 'ok\n' : 'not ready\n', isReady ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
};

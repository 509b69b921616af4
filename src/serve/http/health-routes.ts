import type { Routes } from '../parts.js';

/** `/healthz`: the process answers. `/readyz`: it has read what it serves. Both answer anybody, and say nothing else. */
export const healthRoutes: Routes = (app, { monitor, stopping }) => {
  app.get('/healthz', (c) => c.text('ok\n', 200, { 'Cache-Control': 'no-store' }));
  app.get('/readyz', (c) => {
    const { repository } = monitor.health;
    const isReady = repository.revision !== null && monitor.hasLooked && !stopping.aborted;
    return c.text(isReady ? 'ok\n' : 'not ready\n', isReady ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
};

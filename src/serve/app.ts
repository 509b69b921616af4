import { Hono } from 'hono';
import { apiRoutes } from './api/api-routes.js';
import { hookRoutes } from './hooks/hook-routes.js';
import { errorAnswer, thrownAnswer } from './http/error-answer.js';
import { healthRoutes } from './http/health-routes.js';
import { securityHeaders } from './http/security-headers.js';
import { metricsRoutes } from './metrics/metrics-routes.js';
import { pageRoutes } from './page.js';
import type { Routes, ServeApp, ServeEnv, ServeParts } from './parts.js';
import { streamRoutes } from './stream/stream-routes.js';

/** The routes, in the order in which they are asked. */
const ROUTES: readonly Routes[] = [
  healthRoutes,
  hookRoutes,
  apiRoutes,
  metricsRoutes,
  streamRoutes,
  pageRoutes,
];

/** Builds the application: what every answer has in common, then the routes. */
export function serveApp(parts: ServeParts): ServeApp {
  const app = new Hono<ServeEnv>();
  app.use(securityHeaders());
  app.onError((error, c) => thrownAnswer(c, error, parts.onFault));
  app.notFound((c) => errorAnswer(c, 404, { code: 'NOT_FOUND', message: 'there is nothing at this path' }));
  for (const routes of ROUTES) routes(app, parts);
  return app;
}

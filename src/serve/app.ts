import { Hono } from 'hono';
import { guard } from './access/guard.js';
import { SIGN_IN_PATHS, signInRoutes } from './access/sign-in-routes.js';
import { apiRoutes } from './api/api-routes.js';
import { HOOK_PATHS, hookRoutes } from './hooks/hook-routes.js';
import { ANSWER_MS, answerLimit } from './http/answer-limit.js';
import { errorAnswer, thrownAnswer } from './http/error-answer.js';
import { healthRoutes } from './http/health-routes.js';
import { requestLimits } from './http/request-limits.js';
import { securityHeaders } from './http/security-headers.js';
import { metricsRoutes } from './metrics/metrics-routes.js';
import { pageRoutes } from './page.js';
import type { Routes, ServeApp, ServeEnv, ServeParts } from './parts.js';
import { streamRoutes } from './stream/stream-routes.js';

/** Routes that ask for no sign-in: they say nothing of what is served, or ask for a secret of their own. */
const OPEN_ROUTES: readonly Routes[] = [healthRoutes, hookRoutes, signInRoutes];
/** Routes for those whom `access` lets in. */
const GUARDED_ROUTES: readonly Routes[] = [apiRoutes, metricsRoutes, streamRoutes, pageRoutes];

/**
 * Builds the application: what every answer has in common, then the routes.
 * @param answerMs how long an answer may take to begin
 */
export function serveApp(parts: ServeParts, answerMs = ANSWER_MS): ServeApp {
  const app = new Hono<ServeEnv>();
  app.use(securityHeaders());
  app.use(requestLimits([...HOOK_PATHS, ...SIGN_IN_PATHS]));
  app.use(answerLimit(answerMs));
  app.onError((error, c) => thrownAnswer(c, error, parts.onFault));
  app.notFound((c) => errorAnswer(c, 404, { code: 'NOT_FOUND', message: 'there is nothing at this path' }));
  for (const routes of OPEN_ROUTES) routes(app, parts);
  app.use(guard(parts.access));
  for (const routes of GUARDED_ROUTES) routes(app, parts);
  return app;
}

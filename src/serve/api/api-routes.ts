import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'hono';
import { PACKAGE_ROOT } from '../../package-root.js';
import { errorAnswer } from '../http/error-answer.js';
import type { Routes, ServeEnv } from '../parts.js';
import { hasAlready, type ReadyAnswer, readyAnswer, sendAnswer, unchangedAnswer } from './answer.js';
import type { Answering, ApiParts } from './api-parts.js';
import { diffAnswer, historyAnswer, phasesAnswer, stateAnswer } from './deployment-answers.js';
import { ENDPOINTS, type Endpoint, type EndpointName } from './endpoints.js';
import { EventIndex } from './events/event-index.js';
import { clusterAnswer, statusAnswer } from './fleet-answers.js';
import { KeptAnswers } from './kept-answers.js';
import { Query } from './query.js';
import { activityAnswer, eventsAnswer, runsAnswer, subjectsAnswer } from './record-answers.js';
import { serverAnswer } from './server-answers.js';
import { locksAnswer, outboxAnswer, proposalsAnswer } from './waiting-answers.js';

/** Answers that are made for each request. */
const ANSWERS: readonly (readonly [EndpointName, Answering])[] = [
  ['subjects', subjectsAnswer],
  ['events', eventsAnswer],
  ['activity', activityAnswer],
  ['runs', runsAnswer],
  ['deployment', stateAnswer],
  ['phases', phasesAnswer],
  ['history', historyAnswer],
  ['diff', diffAnswer],
  ['outbox', outboxAnswer],
  ['server', serverAnswer],
];

/** Answers for which others are asked, and how long they are kept, in ms. */
const KEPT: readonly (readonly [EndpointName, Answering, number])[] = [
  ['cluster', clusterAnswer, 5_000],
  ['locks', locksAnswer, 3_000],
  ['proposals', proposalsAnswer, 30_000],
];

type Handler = (c: Context<ServeEnv>) => Promise<Response>;

/** The API: one document for each path of `ENDPOINTS`. */
export const apiRoutes: Routes = (app, given) => {
  const parts: ApiParts = { ...given, index: new EventIndex(() => given.monitor.context) };
  const requestOf = (endpoint: Endpoint, c: Context<ServeEnv>) => ({
    names: c.req.param(),
    query: new Query(endpoint, new URL(c.req.url).searchParams),
  });
  const get = (name: EndpointName, handler: Handler) => app.get(routePath(ENDPOINTS[name].path), handler);
  for (const [name, answering] of ANSWERS)
    get(name, async (c) => {
      const document = await answering(parts, requestOf(ENDPOINTS[name], c));
      return sendAnswer(c, await readyAnswer(document));
    });
  for (const [name, answering, ms] of KEPT) {
    const kept = new KeptAnswers<ReadyAnswer>(ms, parts.now);
    get(name, async (c) => {
      const request = requestOf(ENDPOINTS[name], c);
      const make = async () => readyAnswer(await answering(parts, request));
      return sendAnswer(c, await kept.get(Object.values(request.names).join('/'), make));
    });
  }
  get('status', statusHandler(parts, requestOf));
  get('openapi', documentHandler(join(PACKAGE_ROOT, 'schemas/openapi.json'), requestOf));
  app.all('/api/*', async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    c.header('Allow', 'GET, HEAD');
    return errorAnswer(c, 405, { code: 'USAGE', message: 'the API only answers GET' });
  });
  parts.index.begin();
};

type RequestOf = (endpoint: Endpoint, c: Context<ServeEnv>) => unknown;

/** Serializes and compresses the fleet once for each version of it. */
function statusHandler(parts: ApiParts, requestOf: RequestOf): Handler {
  let known: { readonly version: string; readonly answer: Promise<ReadyAnswer> } | null = null;
  return async (c) => {
    requestOf(ENDPOINTS.status, c);
    const { fleet, health } = parts.monitor;
    // Versions begin anew with each server.
    const version = `${health.startedAt.toString(36)}.${fleet.version}`;
    if (hasAlready(c, `W/"${version}"`)) return unchangedAnswer(c, `W/"${version}"`);
    if (known?.version !== version)
      known = { version, answer: statusAnswer(parts).then((document) => readyAnswer(document, version)) };
    return sendAnswer(c, await known.answer);
  };
}

/** Answers with a file that never changes. */
function documentHandler(path: string, requestOf: RequestOf): Handler {
  let known: Promise<ReadyAnswer> | null = null;
  return async (c) => {
    requestOf(ENDPOINTS.openapi, c);
    known ??= readyAnswer(JSON.parse(readFileSync(path, 'utf8')));
    return sendAnswer(c, await known);
  };
}

/** The path of an endpoint in the notation of the router. */
function routePath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

import type { Http2ServerResponse } from 'node:http2';
import type { ReceivedRequest } from '../../../src/demo/api-server/routes.js';
import { send } from '../../../src/demo/api-server/server.js';
import * as status from '../../../src/demo/api-server/status.js';

/** The answer that a fault gives. */
export type FaultKind =
  | 'unauthorized'
  | 'forbidden'
  | 'no-group'
  | 'expired'
  | 'throttled'
  | 'internal-error'
  | 'unavailable'
  | 'starting'
  | 'garbage'
  | 'login-page'
  | 'endless'
  | 'hang'
  | 'cut';

export interface Fault {
  readonly kind: FaultKind;
  /** The requests it answers; all when left out. */
  readonly when?: (request: ReceivedRequest) => boolean;
  /** How many requests it answers before it is spent; all when left out. */
  readonly times?: number;
}

/** A failure that the stand-in itself never reports, worded as by kube-apiserver. */
function failed(code: number, reason: string, message: string, details: object): status.Answer {
  const head = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  return { code, body: { ...head, message, reason, code, details } };
}

const ANSWERS: Partial<Record<FaultKind, () => status.Answer>> = {
  unauthorized: status.unauthorized,
  forbidden: () =>
    status.forbidden('list', 'clusterdeployments.k0rdent.mirantis.com', 'at the cluster scope'),
  'no-group': status.noSuchPath,
  expired: status.expired,
  // A server that has just started and is still reading a kind from its store.
  throttled: () => ({
    ...failed(429, 'TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 }),
    headers: { 'retry-after': '1' },
  }),
  // A server that cannot reach its store.
  'internal-error': () =>
    failed(500, 'InternalError', 'Internal error occurred: error resolving resource', {
      causes: [{ message: 'error resolving resource' }],
    }),
  unavailable: status.unavailable,
  starting: status.starting,
  garbage: () => ({ code: 200, body: '{"kind":"ClusterDeploymentList","items":[{"meta' }),
  endless: () => ({
    code: 200,
    body: { kind: 'List', items: [], metadata: { resourceVersion: '1', continue: 'again' } },
  }),
  'login-page': () => ({
    code: 200,
    body: '<!doctype html><title>Sign in</title>\u001b[31m<form>…</form>',
    headers: { 'content-type': 'text/html' },
  }),
};

/** Answers `response` as `kind` says. A hang ends when the client or the server goes. */
export function commit(kind: FaultKind, response: Http2ServerResponse): void {
  if (kind === 'hang') return;
  if (kind === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100_000 });
    response.write('{"kind":"ClusterDeploymentList","items":[');
    setTimeout(() => response.destroy(), 20);
    return;
  }
  const answer = ANSWERS[kind]?.();
  if (answer !== undefined) send(answer, response);
}

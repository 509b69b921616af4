import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { errorDocument } from '../../cli/render/json/error-document.js';
import { type ErrorCode, type ErrorJson, EXIT_CODES, KgitError } from '../../errors.js';
import type { ServeEnv } from '../parts.js';
import { NotReadyError } from './not-ready-error.js';

/** HTTP status of each error code. */
const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  INTERNAL: 500,
  USAGE: 400,
  FINDINGS: 422,
  NO_REPO: 503,
  LOCK_HELD: 409,
  CONFLICT: 409,
  FENCED: 409,
  INVALID_STATE: 502,
  NOT_FOUND: 404,
  REMOTE: 503,
  CLUSTER: 503,
  ENVIRONMENT: 503,
  SECRET: 403,
  REFUSED: 403,
  INTERRUPTED: 503,
};

/** Codes whose messages are about this machine, and may name its paths. */
const OF_THIS_MACHINE: readonly ErrorCode[] = ['INTERNAL', 'ENVIRONMENT', 'NO_REPO'];

/** Answers with the `Error` document that commands print with `-o json`. */
export function errorAnswer(
  c: Context<ServeEnv>,
  status: ContentfulStatusCode,
  error: Pick<ErrorJson, 'code' | 'message'> & Partial<ErrorJson>,
): Response {
  const { code, message, suggestions = [], data = {} } = error;
  const body = { code, message, exitCode: EXIT_CODES[code], suggestions, data };
  return c.json(errorDocument(body), status, {
    'Cache-Control': 'no-store',
  });
}

/**
 * Answers for an error that a route has thrown. What only the operator may know goes to `onFault`, and the client gets
 * the code.
 */
export function thrownAnswer(c: Context<ServeEnv>, error: Error, onFault: (error: Error) => void): Response {
  if (error instanceof NotReadyError) {
    c.header('Retry-After', String(error.retryAfter));
    return errorAnswer(c, 503, error.toJSON());
  }
  const code = error instanceof KgitError ? error.code : 'INTERNAL';
  if (error instanceof KgitError && !OF_THIS_MACHINE.includes(code))
    return errorAnswer(c, STATUS[code], error.toJSON());
  onFault(error);
  return errorAnswer(c, STATUS[code], {
    code,
    message: 'the server cannot answer this; its output says why',
  });
}

import type { MiddlewareHandler } from 'hono';
import type { ServeEnv } from '../parts.js';
import { errorAnswer } from './error-answer.js';

/**
 * How long an answer may take to begin, in ms: shorter than the page waits, and than the `idle` limit that would close the
 * connection without an answer.
 */
export const ANSWER_MS = 25_000;

/** Answers 503 in place of a route that has not answered after `ms`. A stream has answered as soon as it begins. */
export function answerLimit(ms: number): MiddlewareHandler<ServeEnv> {
  return async (c, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, ms, 'late');
    });
    try {
      if ((await Promise.race([next(), late])) !== 'late') return;
    } finally {
      clearTimeout(timer);
    }
    return errorAnswer(c, 503, {
      code: 'ENVIRONMENT',
      message: `the server did not find the answer within ${ms / 1000} s`,
      suggestions: ['Ask for less: a shorter time, a smaller limit, one subject', 'Or ask again later'],
    });
  };
}

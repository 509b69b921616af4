import type { MiddlewareHandler } from 'hono';
import type { ServeEnv } from '../parts.js';
import { errorAnswer } from './error-answer.js';

const MAX_URL_LENGTH = 8 * 1024;

/**
 * Refuses methods and addresses that no route takes. There is no answer to a preflight request, so pages of other sites
 * can send nothing but what a link or a form sends.
 * @param posts paths that take a POST
 */
export function requestLimits(posts: readonly string[]): MiddlewareHandler<ServeEnv> {
  return async (c, next) => {
    const { method, path, url } = c.req;
    if (url.length > MAX_URL_LENGTH)
      return errorAnswer(c, 414, { code: 'USAGE', message: 'the address is too long' });
    if (method === 'GET' || method === 'HEAD' || (method === 'POST' && posts.includes(path))) return next();
    c.header('Allow', 'GET, HEAD');
    return errorAnswer(c, 405, { code: 'USAGE', message: 'this is read with GET alone' });
  };
}

import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isMap } from '../../model/value/value.js';
import { errorAnswer } from '../http/error-answer.js';
import type { Routes, ServeEnv } from '../parts.js';
import { FORGE_HOOKS, type ForgeHook, type HookRequest } from './forge-hooks.js';

/** Forges send at most 25 MB, but the push of a state repository has few files: a larger one waits for the next fetch. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Requests that are read at once: nothing is known of their senders yet. */
const MOST_AT_ONCE = 16;

/** Paths of this module, which take a POST. */
export const HOOK_PATHS = Object.keys(FORGE_HOOKS).map((forge) => `/hooks/${forge}`);

/** `/hooks/github` and others: a push has the repository fetched at once. Without a secret there are none. */
export const hookRoutes: Routes = (app, { monitor, hookSecret }) => {
  if (hookSecret === null) return;
  let reading = 0;
  const limit = bodyLimit({
    maxSize: MAX_BYTES,
    onError: (c) => errorAnswer(c, 413, { code: 'USAGE', message: 'the request is too large' }),
  });
  for (const [forge, hook] of Object.entries(FORGE_HOOKS)) {
    app.get(`/hooks/${forge}`, (c) => {
      c.header('Allow', 'POST');
      return errorAnswer(c, 405, { code: 'USAGE', message: 'a hook takes a POST' });
    });
    app.post(
      `/hooks/${forge}`,
      async (c, next) => {
        // A browser says where a request comes from; a forge does not, and no page has anything to say here.
        if (c.req.header('sec-fetch-site') !== undefined)
          return errorAnswer(c, 403, { code: 'REFUSED', message: 'a hook is for forges, not for pages' });
        if (reading >= MOST_AT_ONCE) {
          c.header('Retry-After', '10');
          return errorAnswer(c, 503, { code: 'REFUSED', message: 'too many hooks at once' });
        }
        reading += 1;
        try {
          return await next();
        } finally {
          reading -= 1;
        }
      },
      limit,
      async (c) => {
        const request = await readRequest(c);
        if (request === null)
          return errorAnswer(c, 400, {
            code: 'USAGE',
            message: 'the body is neither JSON nor a form with it',
          });
        if (!hook.isGenuine(request, hookSecret()))
          return errorAnswer(c, 401, { code: 'REFUSED', message: 'the signature or token is wrong' });
        return answerGenuine(c, hook, request.payload, monitor);
      },
    );
  }
};

/** Reads the body of a request; null if it has no payload. */
async function readRequest(c: Context<ServeEnv>): Promise<HookRequest | null> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const text = new TextDecoder().decode(body);
  const isForm = (c.req.header('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  const payload = isForm ? new URLSearchParams(text).get('payload') : text;
  return payload === null ? null : { header: (name) => c.req.header(name), body, payload, isForm };
}

/** Answers a request that the forge has sent; the fetch begins after the answer. */
function answerGenuine(
  c: Context<ServeEnv>,
  hook: ForgeHook,
  payload: string,
  monitor: Parameters<Routes>[1]['monitor'],
): Response {
  const event = c.req.header(hook.event) ?? '';
  if (event === hook.ping) return c.text('pong\n');
  const push = hook.push.includes(event) ? pushedRef(payload) : null;
  if (push === null)
    return errorAnswer(c, 422, {
      code: 'USAGE',
      message: 'this is no push',
      suggestions: ['Have the forge send pushes alone'],
    });
  const { git, name } = monitor.context.opened;
  if (git !== null && push !== `refs/heads/${name}`) return c.text('another branch: nothing to fetch\n');
  monitor.refresh();
  return c.text('fetching\n', 202);
}

/** Returns the ref of a push; null if the payload is none. */
function pushedRef(payload: string): string | null {
  let document: unknown;
  try {
    document = JSON.parse(payload);
  } catch {
    // It is signed, but no JSON: not a push.
    return null;
  }
  if (!isMap(document)) return null;
  const { ref, object_kind: kind = 'push' } = document;
  return typeof ref === 'string' && kind === 'push' ? ref : null;
}

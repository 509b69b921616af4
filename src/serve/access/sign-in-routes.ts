import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, setCookie } from 'hono/cookie';
import { errorAnswer } from '../http/error-answer.js';
import type { Routes, ServeEnv } from '../parts.js';
import { COOKIE, isEncrypted, sessionCookie } from './access.js';
import { AttemptLimit } from './attempt-limit.js';
import { isOfAnotherSite } from './guard.js';
import { localAddress } from './local-address.js';
import { SESSION_MS } from './sessions.js';
import { SIGN_IN_STYLE, signInPage } from './sign-in-page.js';

const MAX_FORM_BYTES = 16 * 1024;

/** Paths of this module that take a POST. */
export const SIGN_IN_PATHS = ['/sign-in', '/sign-out'] as const;

/** `/sign-in` and `/sign-out`, where there is a token to sign in with. */
export const signInRoutes: Routes = (app, { access, now }) => {
  const { sessions } = access;
  if (sessions === null) return;
  const limit = new AttemptLimit(now);
  const small = bodyLimit({ maxSize: MAX_FORM_BYTES, onError: tooLarge });

  app.get('/sign-in.css', (c) => {
    c.header('Cache-Control', 'no-cache');
    return c.body(SIGN_IN_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' });
  });
  app.get('/sign-in', (c) => {
    c.header('Cache-Control', 'no-store');
    return c.html(signInPage(localAddress(c.req.query('next') ?? '/'), null));
  });
  app.post('/sign-in', small, async (c) => {
    if (isOfAnotherSite(c)) return foreign(c);
    const form = await c.req.parseBody();
    const next = localAddress(textOf(form['next']) || '/');
    const wait = limit.take(c.env?.incoming?.socket.remoteAddress ?? '');
    c.header('Cache-Control', 'no-store');
    if (wait > 0) {
      c.header('Retry-After', `${Math.ceil(wait / 1000)}`);
      return c.html(signInPage(next, 'Too many attempts. Wait a little.'), 429);
    }
    if (!access.token?.matches(textOf(form['token']).trim()))
      return c.html(signInPage(next, 'This is not the token.'), 401);
    const maxAge = Math.floor(SESSION_MS / 1000);
    setCookie(c, COOKIE, sessions.begin(), { ...cookieOptions(c), maxAge });
    return c.redirect(next, 303);
  });
  app.post('/sign-out', small, (c) => {
    if (isOfAnotherSite(c)) return foreign(c);
    sessions.end(sessionCookie(c) ?? '');
    deleteCookie(c, COOKIE, cookieOptions(c));
    return c.redirect('/sign-in', 303);
  });
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function cookieOptions(c: Context<ServeEnv>) {
  const isSecure = isEncrypted(c);
  const shared = { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure } as const;
  return isSecure ? ({ ...shared, prefix: 'host' } as const) : shared;
}

function foreign(c: Context<ServeEnv>): Response {
  return errorAnswer(c, 403, { code: 'REFUSED', message: 'pages of other sites may not use this server' });
}

function tooLarge(c: Context): Response {
  return errorAnswer(c, 413, { code: 'USAGE', message: 'the request is too large' });
}

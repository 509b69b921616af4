import type { Context, MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import { errorAnswer } from '../http/error-answer.js';
import type { ServeEnv } from '../parts.js';
import type { Access } from './access.js';
import { localAddress } from './local-address.js';

/**
 * Whether a page of another site has a browser make this request, other than by a link that a user follows
 * (https://www.w3.org/TR/fetch-metadata/). Programs and old browsers do not say.
 */
export function isOfAnotherSite(c: Context<ServeEnv>): boolean {
  const site = c.req.header('sec-fetch-site') ?? 'none';
  const isLink =
    c.req.header('sec-fetch-mode') === 'navigate' && c.req.header('sec-fetch-dest') === 'document';
  return site !== 'same-origin' && site !== 'none' && !(isLink && c.req.method === 'GET');
}

/** Whether the request is for a page that a user looks at, and not for data. */
function wantsPage(c: Context<ServeEnv>): boolean {
  return (
    !c.req.path.startsWith('/api/') &&
    c.req.path !== '/metrics' &&
    (c.req.header('accept') ?? '').includes('text/html')
  );
}

/** Lets requests in by the rules of `access`, and answers the others. */
export function guard(access: Access): MiddlewareHandler<ServeEnv> {
  return async (c, next) => {
    if (isOfAnotherSite(c))
      return errorAnswer(c, 403, {
        code: 'REFUSED',
        message: 'pages of other sites may not use this server',
      });
    const grant = access.grantOf(c);
    if (grant === null) return challenge(c, access);
    if (access.isRebound(c, grant)) return misdirected(c);
    return next();
  };
}

function misdirected(c: Context<ServeEnv>): Response {
  return errorAnswer(c, 421, {
    code: 'REFUSED',
    message: 'this server does not answer for the name in the Host header',
    suggestions: ['Open it by its address or as localhost, or start it with --allowed-host NAME'],
  });
}

/** Asks for a sign-in. */
function challenge(c: Context<ServeEnv>, access: Access): Response | Promise<Response> {
  if (access.token === null)
    return errorAnswer(c, 401, {
      code: 'REFUSED',
      message: 'this server lets in who comes through its proxy',
      suggestions: ['Open it by the address of the proxy'],
    });
  if (wantsPage(c)) {
    const { pathname, search } = new URL(c.req.url);
    const address = localAddress(pathname + search);
    if (c.req.header('sec-fetch-site') === 'cross-site') return again(c, address);
    return c.redirect(`/sign-in?next=${encodeURIComponent(address)}`, 303);
  }
  c.header('WWW-Authenticate', 'Bearer realm="kgit"');
  return errorAnswer(c, 401, {
    code: 'REFUSED',
    message: 'this needs a token',
    suggestions: ['Send it as Authorization: Bearer TOKEN, or sign in at /sign-in'],
  });
}

/**
 * Opens the same address again from a page of this server. After a link on another site the browser sends no strict
 * cookie, so a user who is signed in would be asked to sign in.
 */
function again(c: Context<ServeEnv>, address: string): Response | Promise<Response> {
  c.header('Cache-Control', 'no-store');
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="refresh" content="0; url=${address}">
    <title>kgit</title>
  </head>
  <body></body>
</html>`);
}

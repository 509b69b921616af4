import type { Context } from 'hono';
import { type PageFile, readPageFiles } from './page-files.js';
import type { Routes, ServeEnv } from './parts.js';

/** Paths of the page's own views: all of them are the same HTML. */
const VIEWS = [
  '/',
  '/clusters',
  '/clusters/:management/:namespace/:name',
  '/deployments',
  '/deployments/:id',
  '/timeline',
  '/locks',
];

/** The page: its HTML at the paths of its views, and the files that the HTML names. */
export const pageRoutes: Routes = (app, { pageFolder }) => {
  const files = readPageFiles(pageFolder);
  const html = files.get('/index.html');
  if (html) for (const path of VIEWS) app.get(path, (c) => answer(c, html, 'no-cache'));
  for (const [path, file] of files)
    if (path.startsWith('/assets/'))
      // Their names have a hash of their content.
      app.get(path, (c) => answer(c, file, 'private, max-age=31536000, immutable'));
};

/** Answers with a file, in the best encoding that the client takes, or with 304 if the client has it. */
function answer(c: Context<ServeEnv>, { type, etag, content, encoded }: PageFile, caching: string): Response {
  const taken = takenEncodings(c.req.header('accept-encoding') ?? '');
  const chosen = encoded.find(({ encoding }) => taken.includes(encoding));
  // Each encoding is a representation of its own.
  const tag = `"${etag}${chosen ? `-${chosen.encoding}` : ''}"`;
  c.header('Cache-Control', caching);
  c.header('Vary', 'Accept-Encoding');
  c.header('ETag', tag);
  const known = (c.req.header('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known.includes(tag)) return c.body(null, 304);
  if (chosen) c.header('Content-Encoding', chosen.encoding);
  return c.body(chosen?.content ?? content, 200, { 'Content-Type': type });
}

function takenEncodings(header: string): string[] {
  return header
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
    .map((one) => one.replace(/;.*$/, '').trim());
}

/**
 * The page of `kgit serve`: Preact, bundled by `scripts/page-build.mjs` into `dist/page/`. It imports nothing but types
 * from the rest of kgit, and everything it shows comes from `/api/v1`.
 *
 * - `api/`: `useResource(kind, path, topics)` follows one document of the server. It is asked for with its ETag when the
 *   stream (`stream.ts`, one EventSource for the whole page) brings news of one of the topics. `results.ts` has the types.
 * - `state/`: a small store, the router (views are paths, filters are the query), the clock, keys, the theme.
 * - `shell/`: the frame of all views, with navigation, banner, help, and the table of routes (`routes.tsx`).
 * - `parts/`: what views are built of: windowed table, filters, badges, times, tree, empty and failed states.
 * - `views/NAME/`: one folder per view, loaded when it is opened. To add one, add a row to `shell/routes.tsx`.
 * - `styles/`: all styles, one file in the end. Colours are custom properties of `tokens.css`, for light and dark.
 *
 * Text of records and clusters is hostile: it is shown as text nodes alone, through `plain` or `oneLine` of
 * `parts/text.ts`. The server's content security policy allows neither inline script nor inline style sheets.
 */
import { render } from 'preact';
import { startStream } from './api/stream.js';
import { App } from './shell/app.js';
import { startClock } from './state/clock.js';
import { startRouter } from './state/router.js';

const page = document.getElementById('page');
if (page) {
  startRouter();
  startClock();
  startStream();
  page.textContent = '';
  render(<App />, page);
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTour } from '../../test/readme/run-tour.js';
import { PAGES, renderPage } from './pages.js';
import { withRegion } from './regions.js';

/** Writes every generated part anew, the tour by running it. */
export async function writePages(root: string): Promise<void> {
  for (const page of PAGES) writeFileSync(join(root, page), renderPage(root, page));
  const readme = join(root, 'README.md');
  writeFileSync(readme, withRegion(readFileSync(readme, 'utf8'), 'tour', await renderTour(root)));
}

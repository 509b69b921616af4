import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderTour } from '../../test/readme/run-tour.js';
import { SCHEMA_FILES } from '../schemas/schema-files.js';
import { PAGES, renderPage } from './pages.js';
import { withRegion } from './regions.js';

/** Rewrites `schemas/`, without schemas of results that no longer exist. */
function writeSchemas(root: string): void {
  rmSync(join(root, 'schemas'), { recursive: true, force: true });
  for (const [path, text] of SCHEMA_FILES) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Rewrites the schemas and every generated part of a page; runs the tour for its output. */
export async function writePages(root: string): Promise<void> {
  writeSchemas(root);
  for (const page of PAGES) writeFileSync(join(root, page), renderPage(root, page));
  const readme = join(root, 'README.md');
  writeFileSync(readme, withRegion(readFileSync(readme, 'utf8'), 'tour', await renderTour(root)));
}

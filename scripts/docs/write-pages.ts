import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderTour } from '../../test/readme/run-tour.js';
import { SCHEMA_FILES } from '../schemas/schema-files.js';
import { manPageFiles } from './manifest.js';
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

/** Names the manual pages, which the build has written, in package.json: npm installs those that are named there. */
function nameManPages(root: string): void {
  const file = join(root, 'package.json');
  const text = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const man = manPageFiles(root);
  writeFileSync(file, `${JSON.stringify({ ...text, man }, null, 2)}\n`);
}

/** Rewrites the schemas, the list of manual pages, and every generated part of a page; runs the tour for its output. */
export async function writePages(root: string): Promise<void> {
  writeSchemas(root);
  nameManPages(root);
  for (const page of PAGES) writeFileSync(join(root, page), renderPage(root, page));
  const readme = join(root, 'README.md');
  writeFileSync(readme, withRegion(readFileSync(readme, 'utf8'), 'tour', await renderTour(root)));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withRegion } from '../../scripts/docs/regions.js';
import { requireKubectl } from '../k0rdent/support.js';
import { renderTour } from './run-tour.js';

const root = join(import.meta.dirname, '../..');

it("shows in the README's tour what kgit prints", async () => {
  requireKubectl();
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const made = withRegion(readme, 'tour', await renderTour(root));
  expect(
    readme,
    "kgit no longer prints what the README's tour shows: if that is meant, run 'npm run docs'",
  ).toBe(made);
});

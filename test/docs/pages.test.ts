import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PAGES, renderPage } from '../../scripts/docs/pages.js';

const root = join(import.meta.dirname, '../..');

it.each(PAGES)('%s says what the code says', (page) => {
  const stale = `${page} is stale: run 'npm run docs' and commit it`;
  expect(readFileSync(join(root, page), 'utf8'), stale).toBe(renderPage(root, page));
});

it('links only to pages that are there', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...PAGES,
    'docs/ci.md',
    'docs/data-model.md',
    'docs/architecture.md',
    'docs/secrets.md',
    'docs/write-path.md',
  ];
  const broken = [...new Set(pages)].flatMap((page) => {
    const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g);
    return [...links]
      .map(([, link]) => join(page, '..', link as string))
      .filter((target) => !isThere(target));
  });
  expect(broken).toEqual([]);
});

function isThere(path: string): boolean {
  try {
    return readFileSync(join(root, path)).length > 0;
  } catch {
    return false;
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manPageFiles } from '../../scripts/docs/manifest.js';
import { PAGES, renderPage } from '../../scripts/docs/pages.js';
import { filesBelow } from '../support/source-files.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const ALL = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];

it.each(PAGES)('%s says what the code says', (page) => {
  const stale = `${page} is stale: run 'npm run docs' and commit it`;
  expect(read(page), stale).toBe(renderPage(root, page));
});

it('package.json names every manual page, so that npm installs it', () => {
  const { man } = JSON.parse(read('package.json')) as { man: string[] };
  expect(man, `'man' is stale: run 'npm run docs' and commit it`).toEqual(manPageFiles(root));
});

/** The text without its code blocks, which may hold anything. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors of a page, as forges make them of its headings. */
function anchors(text: string): Set<string> {
  const headings = prose(text).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links of a page that lead nowhere: no such file, or no such heading in it. */
function brokenLinks(page: string, text: string): string[] {
  const links = prose(text).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g);
  return [...links].flatMap(([, link = '', anchor]) => {
    const target = link === '' ? page : join(page, '..', link);
    if (link !== '' && !existsSync(join(root, target))) return [`${page}: ${link}`];
    const isMissing = anchor !== undefined && !anchors(link === '' ? text : read(target)).has(anchor);
    return isMissing ? [`${page}: ${link}#${anchor}`] : [];
  });
}

const NAMED = /`((?:src|test|scripts|bin|templates|examples|schemas)\/[\w./-]*)`/g;

/** Files of the project that a page names and that are not there; a file below a folder that is not built is none. */
function missingFiles(page: string, text: string): string[] {
  return [...text.matchAll(NAMED)]
    .map(([, file = '']) => file)
    .filter((file) => ![file, `${file}.ts`].some((path) => existsSync(join(root, path))))
    .map((file) => `${page}: ${file}`);
}

/** Names that a page places in a file which does not have them: `name` (`src/file.ts`), `name` in `src/file.ts`. */
function misplacedNames(page: string, text: string): string[] {
  const places = text.matchAll(
    /`([A-Za-z]\w*(?:\.\w+)?)`(?: \| `| \(`| in\s+`| \(`)(src\/[\w./-]+\.ts|test\/[\w./-]+\.ts)`/g,
  );
  return [...places].flatMap(([, name = '', file = '']) => {
    if (!existsSync(join(root, file))) return [];
    const source = read(file);
    const isThere = name.split('.').every((part) => new RegExp(`\\b${part}\\b`).test(source));
    return isThere ? [] : [`${page}: ${name} in ${file}`];
  });
}

describe('the pages', () => {
  it('link only to what is there', () => {
    expect(ALL.flatMap((page) => brokenLinks(page, read(page)))).toEqual([]);
    expect(brokenLinks('docs/x.md', '[a](nowhere.md) [b](ci.md#nothing) [c](#none) [d](ci.md)')).toEqual([
      'docs/x.md: nowhere.md',
      'docs/x.md: ci.md#nothing',
      'docs/x.md: #none',
    ]);
  });

  it('name only files that are there, and what is in them', () => {
    expect(ALL.flatMap((page) => missingFiles(page, read(page)))).toEqual([]);
    expect(ALL.flatMap((page) => misplacedNames(page, read(page)))).toEqual([]);
    const wrong =
      'See `fold` (`src/model/state/apply.ts`), `nope` (`src/model/state/apply.ts`), `a.b` in\n   `src/errors.ts` and `src/nope.ts`.';
    expect(missingFiles('p', wrong)).toEqual(['p: src/nope.ts']);
    expect(misplacedNames('p', wrong)).toEqual([
      'p: nope in src/model/state/apply.ts',
      'p: a.b in src/errors.ts',
    ]);
  });

  it('lead a newcomer from at least ten tasks to a place that is there', () => {
    const page = read('CONTRIBUTING.md');
    const from = page.indexOf('| task | begin at | then |');
    const rows = page.slice(from, page.indexOf('\n\n', from)).split('\n').slice(2);
    expect(rows.length).toBeGreaterThanOrEqual(10);
    const places = (row: string) => [...row.matchAll(NAMED)].map(([, place = '']) => place);
    expect(rows.filter((row) => places(row.split('|')[2] ?? '').length === 0)).toEqual([]);
  });

  it('are all reached from the index', () => {
    const reached = (page: string) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => join(page, '..', link));
    const known = new Set([...reached('docs/README.md'), ...reached('docs/adr/README.md'), 'docs/README.md']);
    expect(filesBelow('docs', '.md').filter((page) => !known.has(page))).toEqual([]);
  });
});

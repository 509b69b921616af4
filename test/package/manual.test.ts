import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommands } from '../../scripts/docs/manifest.js';
import { roffInline } from '../../scripts/docs/roff.js';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'dist/man');
const pages = readdirSync(folder).sort();
const shown = readCommands(root).filter(({ hidden }) => hidden !== true);

/** A page as a terminal of 80 columns shows it, without bold and underlining. */
function rendered(page: string): string {
  const text = execFileSync('mandoc', ['-Tutf8', '-Owidth=80', join(folder, page)], { encoding: 'utf8' });
  return text.replace(/.\x08/gu, '');
}

/** Text without the blanks, line ends and breaks of the layout. */
const packed = (text: string) => text.replace(/ \\\n/g, '').replace(/\s+/g, '');

describe('the manual pages', () => {
  it('are one of kgit and one of each command that help lists', () => {
    expect(pages).toEqual(['kgit.1', ...shown.map(({ id }) => `kgit-${id}.1`)].sort());
  });

  it('are free of what mandoc warns of', () => {
    const files = pages.map((page) => join(folder, page));
    const { error, status, stdout, stderr } = spawnSync('mandoc', ['-Tlint', '-W', 'warning', ...files], {
      encoding: 'utf8',
    });
    if (error) throw new Error(`mandoc: ${error.message} (.ci/run installs it)`);
    // 2: warnings; 1 is for the style of the sources alone.
    expect([status, stdout + stderr]).toEqual([0, '']);
  });

  it('name every flag, argument and example of their command, and every way it ends', () => {
    for (const { id, flags, args, examples, description } of shown) {
      const page = rendered(`kgit-${id}.1`);
      for (const title of [
        'NAME',
        'SYNOPSIS',
        'DESCRIPTION',
        'OPTIONS',
        'EXIT STATUS',
        'EXAMPLES',
        'SEE ALSO',
      ])
        expect(page, id).toMatch(new RegExp(`^${title}$`, 'm'));
      const text = packed(page);
      const codes = [...description.matchAll(/(\d+) ([A-Z_]{5,})/g)].map(([code]) => packed(code));
      const names = Object.values(flags).filter(({ hidden }) => hidden !== true);
      const wanted = [
        ...names.map(({ name, allowNo }) => `--${allowNo ? '[no-]' : ''}${name}`),
        ...Object.values(args).map(({ name }) => name.toUpperCase()),
        ...examples.map((line) => packed(line.replaceAll('<%= config.bin %>', 'kgit'))),
        ...codes,
      ];
      expect(wanted.filter((word) => !text.includes(word), id)).toEqual([]);
    }
  });

  it('are all found from kgit(1)', () => {
    const text = rendered('kgit.1');
    for (const { id } of shown) expect(text).toContain(`kgit-${id}(1)`);
  });

  it('have text that is copied as it was written, in ASCII', () => {
    const code = String.raw`.x --f '"$HOME"' ~ ^ \n … é`;
    expect(roffInline(`a \`${code}\` b`)).toBe(
      String.raw`a \fB\&.x \-\-f \(aq\(dq$HOME\(dq\(aq \(ti \(ha \en \[u2026] \[u00E9]\fR b`,
    );
  });
});

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeNamed } from '../../../src/store/local/named-whole.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

it('a folder that stands for a file can be removed by several at once', async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 200; i++) {
    const path = join(folder, String(i));
    mkdirSync(path);
    writeFileSync(join(path, 'text'), 'kept');
    await Promise.all(Array.from({ length: 4 }, () => removeNamed(path)));
    expect(existsSync(path)).toBe(false);
  }
});

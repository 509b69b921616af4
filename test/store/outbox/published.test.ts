import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Published } from '../../../src/store/outbox/published.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { anId } from '../../support/store-fixtures.js';

function kept(keepMs: number) {
  const folder = temporaryFolder();
  const published = new Published(join(folder, 'published'));
  let now = 1_000_000;
  published.configure(() => now, keepMs);
  const put = async (bytes: number): Promise<string> => {
    const name = `000000000001-${anId()}`;
    writeFileSync(join(folder, name), 'x'.repeat(bytes));
    await published.keep(join(folder, name), name);
    return name;
  };
  const names = async () => (await published.list()).map(({ name }) => name);
  return {
    folder,
    published,
    put,
    names,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('what was published is kept', () => {
  it('in the order of publishing, for its time', async () => {
    const { published, put, names, pass } = kept(100);
    const one = await put(10);
    pass(60);
    const two = await put(10);
    expect(await names()).toEqual([one, two]);
    pass(50);
    await published.prune();
    expect(await names()).toEqual([two]);
    pass(50);
    await published.prune();
    expect(await names()).toEqual([]);
  });

  it('as far as number and size allow; the oldest goes first', async () => {
    const { folder, published, put, names, pass } = kept(1_000_000);
    const MIB = 1024 * 1024;
    const first = await put(20 * MIB);
    pass(1);
    const second = await put(12 * MIB);
    await published.prune();
    expect(await names()).toEqual([first, second]);
    pass(1);
    const third = await put(1);
    await published.prune();
    expect(await names()).toEqual([second, third]);
    for (let i = 0; i < 1_000; i++)
      writeFileSync(
        join(folder, 'published', `${String(1_000_100 + i).padStart(13, '0')}-000000000001-${anId()}-1`),
        '',
      );
    await published.prune();
    expect(await names()).toHaveLength(1_000);
    expect(await names()).not.toContain(third);
  });

  it('not at all with 0, nor where nothing was said', async () => {
    const none = kept(0);
    await none.put(1);
    expect(readdirSync(none.folder)).toEqual([]);
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'published'));
    const name = `000000000001-${anId()}`;
    writeFileSync(join(folder, 'published', `0000000000001-${name}-0`), '');
    const unset = new Published(join(folder, 'published'));
    await unset.prune();
    expect((await unset.list()).map((file) => file.name)).toEqual([name]);
  });

  it('an entry that is gone already is none', async () => {
    const { folder, published, names } = kept(100);
    await published.keep(join(folder, 'gone'), `000000000001-${anId()}`);
    expect(await names()).toEqual([]);
  });
});

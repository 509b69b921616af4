import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { networkKind, requireLocalDisk } from '../../../src/backends/disk/local-disk.js';
import { EnvironmentError } from '../../../src/errors.js';
import { driverOf } from '../../../src/setup/drivers.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

describe('the disk of a store', () => {
  const nfs = 0x6969;

  it.each([
    ['NFS', nfs],
    // statfs gives some of them as negative numbers.
    ['CIFS', 0xff534d42 - 2 ** 32],
    ['FUSE', 0x65735546],
  ])('is refused on %s, by the folder above it that is there', async (kind, type) => {
    expect(networkKind(type)).toBe(kind);
    const folder = temporaryFolder();
    const path = join(folder, 'not/yet/state.db');
    const asked: string[] = [];
    const refusal = requireLocalDisk(path, async (at) => {
      asked.push(at);
      if (at !== folder) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return type;
    });
    await expect(refusal).rejects.toThrow(EnvironmentError);
    await expect(refusal).rejects.toMatchObject({ exitCode: 18, data: { path, fileSystem: kind } });
    expect(asked.at(-1)).toBe(folder);
  });

  it('is taken where it is one of this machine', async () => {
    await requireLocalDisk(join(temporaryFolder(), 'state.db'));
    await requireLocalDisk('/a', async () => 0xef53);
  });
});

it.each([
  ['file:state', 'file'],
  ['file:/srv/state', 'file'],
  ['file:///srv/state.git', 'git'],
  ['file://server/state.git', 'git'],
  ['sqlite:state.db', 'sqlite'],
  ['rediss://h/0#s', 'redis'],
  ['https://h/s.git', 'git'],
  ['git@h:s.git', 'git'],
  ['/srv/file:state', 'git'],
])('%s is a place of the driver %s', (place, driver) => {
  expect(driverOf(place)).toBe(driver);
});

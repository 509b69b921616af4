/** Which store the settings choose, where several sources name one. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeLayers, readSources as sourcesOf } from '../../src/setup/config.js';
import { chosenDriver } from '../../src/setup/drivers.js';
import { temporaryFolder } from '../support/git-fixtures.js';

async function read(text: string, mode = 0o600) {
  const folder = temporaryFolder();
  const file = join(folder, 'deploy.yaml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  const sources = await sourcesOf({
    flags: {},
    environment: {},
    cwd: folder,
    file,
    uid: process.getuid?.() ?? null,
    warn: (message) => {
      throw new Error(message);
    },
  });
  return sources.map(({ layer }) => layer);
}

describe('chosenDriver', () => {
  it.each([
    [[{ repo: './state' }, { backend: 'redis' }], 'git', './state'],
    [[{ repo: 'redis://place' }, { backend: 'git' }], 'redis', 'redis://place'],
    [[{ backend: 'redis' }, { repo: './state' }], 'redis', undefined],
    [[{ backend: 'git' }, { repo: './state' }], 'git', './state'],
    [[{ backend: 'redis' }, { repo: 'redis://place' }], 'redis', 'redis://place'],
    [[{ repo: 'file:///srv/state.git' }], 'git', 'file:///srv/state.git'],
    [[{}], 'git', undefined],
  ])('%j gives %s', (layers, driver, repo) => {
    const settings = mergeLayers(layers);
    expect(chosenDriver(settings)).toBe(driver);
    expect(settings.repo).toBe(repo);
  });
});

describe('the block of a driver', () => {
  it('gives its options', async () => {
    const layers = await read('state_management: {backend: redis, redis: {host: h, password: ""}}\n', 0o644);
    expect(mergeLayers(layers)).toMatchObject({ backend: 'redis', 'redis.host': 'h', 'redis.password': '' });
  });

  it.each([
    ['redis: {hots: h}', 'redis has no option "hots"'],
    ['redis: {tls: {caa: x}}', 'redis has no option "tls.caa"'],
    ['redis: [h]', 'redis is a mapping of options'],
    ['redis: {host: 7}', 'redis.host is 7, not a text'],
    ['backend: tets', 'backend "tets" is not one that this kgit has'],
  ])('%s is refused', (block, message) =>
    expect(read(`state_management: {${block}}\n`)).rejects.toThrow(message),
  );

  it('may hold a password where the file is private', async () => {
    const layers = await read('state_management: {redis: {password: hunter2}}\n');
    expect(mergeLayers(layers)).toMatchObject({ 'redis.password': 'hunter2' });
  });

  it('refuses a password that others can read or that breaks the rule, and does not repeat it', async () => {
    const errors = await Promise.all([
      read('state_management: {redis: {password: hunter2}}\n', 0o640).catch((thrown: Error) => thrown),
      read('state_management: {redis: {password: [hunter2]}}\n').catch((thrown: Error) => thrown),
    ]);
    expect(errors.map(String).join('\n')).toMatch(
      /other users .* can read the file\n.*is something, not a text/,
    );
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });
});

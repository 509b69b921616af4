import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';

const ID = 'k0rdent-late';

/** A clone in which an import waits that another clone's change has it refused, and an import that was made on it. */
async function waiting() {
  const remote = bareRepository();
  const clone = temporaryFolder();
  await kgitJson('.', ['init', clone, '--remote', remote, '--deployment', ID]);
  const other = cloneOf(remote);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  let hour = 0;
  const write = (own: string) =>
    writeFileSync(
      join(folder, 'state/deployment-state.yaml'),
      `deployment_id: ${ID}\nlast_updated: "2025-12-04T0${++hour}:00:00Z"\nown: ${own}\n`,
    );
  write('{shared: mine, first: 1}');
  await kgitJson(clone, ['import', folder, '--queue']);
  await kgitJson(other, ['set', 'deployment.own.shared=theirs']);
  write('{shared: mine, first: 1, second: 2}');
  await kgitJson(clone, ['import', folder, '--queue']);
  write('{shared: mine, first: 1, second: 2, third: 3}');
  const own = async () => (await kgitJson(clone, ['get', 'deployment.own'])).value;
  return { clone, folder, own };
}
const ALL = { shared: 'theirs', first: 1, second: 2, third: 3 };

describe('an import that was refused after others had been made on it', () => {
  it('is taken in by the import that has it refused', async () => {
    const { clone, folder, own } = await waiting();
    const { code, stdout, stderr } = await kgit(clone, ['import', folder, '--on-conflict', 'repository']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(`${stdout}${stderr}`).toContain('deployment.own.shared: repository "theirs"');
    expect(await own()).toEqual(ALL);
    const again = await kgitJson(clone, ['import', folder]);
    expect(again).toMatchObject({ delivery: 'unchanged' });
    expect((await kgit(clone, ['verify'])).code).toBe(0);
  });

  it('is taken in by the mirror that has it refused', async () => {
    const { clone, folder, own } = await waiting();
    const { code, stderr } = await kgit(clone, ['mirror', folder]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('deployment.own.shared is "mine" there and "theirs" in the repository');
    expect(await own()).toEqual(ALL);
  });
});

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';

const ID = 'k0rdent-mixed';

it('takes what an old script writes back to what it was at the last import for a change', async () => {
  const [clone, folder] = [temporaryFolder(), temporaryFolder()];
  await kgitJson('.', ['init', clone, '--deployment', ID]);
  mkdirSync(join(folder, 'state'));
  const file = join(folder, 'state/deployment-state.yaml');
  const own = async () => (await kgitJson(clone, ['get', 'deployment.own'])).value;
  writeFileSync(file, `deployment_id: ${ID}\nown: {status: idle, gone: 1, kept: 1}\n`);
  await kgitJson(clone, ['import', folder]);

  const script = 'update_state own.status busy\nupdate_state own.new 1';
  expect(await bash(folder, clone, script)).toMatchObject({ code: 0, err: '' });
  await kgitJson(clone, ['sync']);
  expect(await own()).toEqual({ status: 'busy', gone: 1, kept: 1, new: '1' });
  // Past kgit: one value goes back, one is taken out, and one is new.
  const text = readFileSync(file, 'utf8')
    .replace(/busy/, 'idle')
    .replace(/ *gone: 1,?/, '');
  writeFileSync(file, `${text}other: 1\n`);
  expect(text).toContain('idle');
  await kgitJson(clone, ['import', folder]);
  expect(await own()).toEqual({ status: 'idle', kept: 1, new: '1' });
  expect((await kgitJson(clone, ['get', 'deployment.other'])).value).toBe(1);
  expect((await kgitJson(clone, ['import', folder])).delivery).toBe('unchanged');
  const imported = readFileSync(file, 'utf8');

  // As a whole, too: a copy of then is put back.
  await bash(folder, clone, 'update_state own.status busy');
  await kgitJson(clone, ['sync']);
  writeFileSync(file, imported);
  await kgitJson(clone, ['import', folder]);
  expect(await own()).toEqual({ status: 'idle', kept: 1, new: '1' });

  // A deployment that is begun anew has none of it, and what an old script writes then is new, whatever it was before.
  const begun = await bash(folder, clone, `init_deployment_state ${ID}`);
  expect(begun).toMatchObject({ code: 0, err: '' });
  await kgitJson(clone, ['sync']);
  writeFileSync(file, `${readFileSync(file, 'utf8')}own: {status: idle}\n`);
  await kgitJson(clone, ['import', folder]);
  expect(await own()).toEqual({ status: 'idle' });
});

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';

const ID = 'k0rdent-two';
const head = (hour: number) => `deployment_id: ${ID}\nlast_updated: "2025-12-04T0${hour}:00:00Z"\n`;

/** Two clones of one remote that know the deployment, each with a checkout of the scripts of its own. */
async function twoMachines() {
  const remote = bareRepository();
  const one = temporaryFolder();
  await kgitJson('.', ['init', one, '--remote', remote, '--deployment', ID]);
  const two = cloneOf(remote);
  const folders = [temporaryFolder(), temporaryFolder()] as const;
  for (const folder of folders) mkdirSync(join(folder, 'state'));
  return { remote, one, two, folders };
}
const write = (folder: string, text: string) =>
  writeFileSync(join(folder, 'state/deployment-state.yaml'), text);
const own = async (clone: string) => (await kgitJson(clone, ['get', 'deployment.own'])).value;

it('takes nothing away for a file that never had it: two machines, two files, one deployment', async () => {
  const { one, two, folders } = await twoMachines();
  write(folders[0], `${head(1)}own: {a: 1, gone: 1}\nmine: 1\n`);
  await kgitJson(one, ['import', folders[0]]);
  write(folders[1], `${head(2)}own: {b: 2}\n`);
  await kgitJson(two, ['import', folders[1]]);
  await kgitJson(one, ['sync']);
  expect(await own(one)).toEqual({ a: 1, gone: 1, b: 2 });
  expect((await kgitJson(one, ['get', 'deployment.mine'])).value).toBe(1);
  // Its own file is what this machine may have taken something out of.
  write(folders[0], `${head(3)}own: {a: 1}\nmine: 1\n`);
  await kgitJson(one, ['import', folders[0]]);
  expect(await own(one)).toEqual({ a: 1, b: 2 });
  expect((await kgit(one, ['verify'])).code).toBe(0);
});

it('adds what waited here to a mapping that another clone published first, and knows a refused import for none', async () => {
  const { one, two, folders } = await twoMachines();
  write(folders[0], `${head(1)}own: {a: 1}\n`);
  await kgitJson(one, ['import', folders[0], '--queue']);
  await kgitJson(two, ['set', 'deployment.own.b=2']);
  await kgitJson(one, ['sync']);
  expect(await own(one)).toEqual({ b: 2, a: 1 });

  write(folders[0], `${head(2)}own: {a: 5, c: 3}\n`);
  await kgitJson(one, ['import', folders[0], '--queue']);
  await kgitJson(two, ['sync']);
  await kgitJson(two, ['set', 'deployment.own.a=9']);
  expect((await kgitJson(one, ['sync'])).rejected).toHaveLength(1);
  const again = await kgit(one, ['import', folders[0], '--json']);
  expect(again.code).toBe(12);
  expect(again.json.error.data.conflicts).toMatchObject([
    { path: 'deployment.own.a', base: 1, repository: 9, file: 5 },
  ]);
  const told = await kgit(one, ['import', folders[0], '--dry-run']);
  expect(told.stderr).toContain(
    'deployment.own.a: repository 9, state/deployment-state.yaml 5, last imported 1',
  );
  // What was never taken in is not overwritten.
  expect((await kgit(one, ['export', '--to', folders[0]])).code).toBe(12);
  await kgitJson(one, ['import', folders[0], '--on-conflict', 'file']);
  expect(await own(one)).toEqual({ b: 2, a: 5, c: 3 });
  expect((await kgitJson(one, ['import', folders[0]])).delivery).toBe('unchanged');
});

it('has a mirror without network lose nothing to what others published meanwhile, events and values', async () => {
  const { remote, one, two, folders } = await twoMachines();
  write(folders[0], `${head(1)}phase: a\nown: {a: 1}\n`);
  await kgitJson(one, ['mirror', folders[0]]);
  await kgitJson(two, ['sync']);
  renameSync(remote, `${remote}.away`);
  write(folders[0], `${head(2)}phase: b\nown: {a: 1, first: {c: 3}}\n`);
  const log = `deployment_id: ${ID}\nevents:\n  - {timestamp: "2025-12-04T02:00:00Z", action: hello, message: m}\n`;
  writeFileSync(join(folders[0], 'state/deployment-events.yaml'), log);
  await kgitJson(one, ['mirror', folders[0]]);
  renameSync(`${remote}.away`, remote);
  await kgitJson(two, ['set', 'deployment.phase=z', 'deployment.own.first.d=4']);
  expect((await kgitJson(one, ['sync'])).rejected).toEqual([]);
  expect(await own(one)).toEqual({ a: 1, first: { d: 4, c: 3 } });
  expect((await kgitJson(one, ['get', 'deployment.phase'])).value).toBe('z');
  const { events } = await kgitJson(one, ['log', `deployment/${ID}`, '--action', 'hello']);
  expect(events).toHaveLength(1);
  // What both have changed stays as the repository has it, and that is told.
  write(folders[0], `${head(3)}phase: c\nown: {a: 7, first: {c: 3}}\n`);
  await kgitJson(one, ['set', 'deployment.own.a=8']);
  expect((await kgit(one, ['mirror', folders[0]])).stderr).toContain(
    'deployment.own.a is 7 there and 8 in the repository',
  );
});

it('leaves what another clone published where a script without network begins a deployment anew', async () => {
  const { remote, one, two, folders } = await twoMachines();
  await bash(folders[0], one, `init_deployment_state ${ID}\nupdate_state own.a 1`);
  await kgitJson(one, ['sync']);
  await kgitJson(two, ['sync']);
  renameSync(remote, `${remote}.away`);
  const begun = await bash(folders[0], one, `init_deployment_state ${ID}`);
  expect(begun).toMatchObject({ code: 0, err: '' });
  renameSync(`${remote}.away`, remote);
  const script = `init_deployment_state ${ID}\nupdate_vm_state vm-2 1.2.3.4 10.0.0.1 Succeeded\nupdate_state own.b 2`;
  expect(await bash(folders[1], two, script)).toMatchObject({ code: 0, err: '' });
  await kgitJson(two, ['sync']);
  await kgitJson(one, ['sync']);
  expect(await own(one)).toEqual({ b: '2' });
  expect(await kgitJson(one, ['get', 'deployment.vm_states'])).toMatchObject({ value: { 'vm-2': {} } });
  expect(readFileSync(join(folders[0], 'state/deployment-state.yaml'), 'utf8')).toContain('vm_states: {}');
  expect((await kgit(one, ['verify'])).code).toBe(0);
});

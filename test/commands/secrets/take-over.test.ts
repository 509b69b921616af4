import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bareRepository, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, kgitProcess } from '../../support/kgit.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';
import { isLegacyFile, type Machine, machine } from '../../support/sops/machine.js';
import { clearIn, secretsIn, watchedPrograms } from '../../support/sops/secret-scan.js';
import { HAS_SOPS, makeMember } from '../../support/sops/team-keys.js';
import { emptyState } from '../../support/state-repository.js';

const SHARED = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const FIXTURE = join(SHARED, '09-head-full/root');
const OWN = resolve(import.meta.dirname, '../script-api/fixtures/reset-and-again');
const isHere = existsSync(FIXTURE);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${SHARED}`);
const PUBLIC = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const STATE = 'state/deployment-state.yaml';

/** The private keys in the files of a checkout, and every secret of the fixtures. */
function secretsOf(root: string): string[] {
  const keys = [...JSON.stringify(yamlFiles(root)).matchAll(/"private_key":"([^"]+)"/g)].map(
    ([, key]) => key,
  );
  const lines = isHere ? readFileSync(join(SHARED, 'SECRETS.tsv'), 'utf8').trim().split('\n') : [];
  return [...new Set([...keys, ...lines.map((line) => line.split('\t')[1])])].flatMap((key) => key ?? []);
}

/** Exports on a machine into a new folder of its scripts; what is in the files. */
async function exported({ repo, scripts, env }: Machine, name: string) {
  const to = join(scripts, name);
  await kgitJson(repo, ['sync'], { env });
  const { files } = await kgitJson(repo, ['export', '--to', to], { env });
  for (const { withheld } of files) expect(withheld).toEqual([]);
  return yamlFiles(to);
}

async function takenOver(root: string): Promise<void> {
  const [ada, ben, carol] = [makeMember(), makeMember(), makeMember()];
  const remote = bareRepository();
  git(emptyState(), 'push', '--quiet', remote, 'main');
  const [one, two, three, ci] = [ada, ben, carol, undefined].map((member) => machine(remote, member)) as [
    Machine,
    Machine,
    Machine,
    Machine,
  ];
  const all = [one, two, three, ci];
  const recipients = (...args: string[]) =>
    kgitJson(one.repo, ['secrets', 'recipients', ...args], { env: one.env });
  await recipients('add', ada.recipient, ben.recipient, carol.recipient);
  const secrets = secretsOf(root);
  expect(secrets.length).toBeGreaterThan(1);

  cpSync(root, one.scripts, { recursive: true });
  const watch = watchedPrograms();
  const { under } = watch;
  const taken = await kgitProcess(one.repo, ['import', one.scripts], { env: one.env, under });
  expect(taken.code, taken.stderr).toBe(0);
  await kgitJson(two.repo, ['sync'], { env: two.env });
  const to = ['export', '--to', two.scripts];
  const given = await kgitProcess(two.repo, to, { env: two.env, under });
  expect(given.code, given.stderr).toBe(0);
  expect(yamlFiles(two.scripts)).toEqual(yamlFiles(root));

  // Carol leaves; then Ben goes on where Ada stopped, and a job without a key where he stopped.
  await recipients('remove', carol.recipient);
  await kgitJson(two.repo, ['sync'], { env: two.env });
  const id = parse(readFileSync(join(two.scripts, STATE), 'utf8')).deployment_id;
  const hosts = Object.keys(parse(readFileSync(join(two.scripts, STATE), 'utf8')).wireguard_peers);
  const [host = '', other = ''] = hosts;
  const old = await two.script(`get_wireguard_private_key '${host}'`, '', under);
  expect([old.code, secrets.includes(old.out.trim())]).toEqual([0, true]);
  const [key, password, jobs] = [newSecret(), `pw-${newSecret()}`, newSecret()];
  secrets.push(key, password, jobs);
  const script = `read -r key; read -r password
update_wireguard_peer '${host}' "$key" '${PUBLIC}'
update_state phase handed_over
add_event handed_over "the password is $password"`;
  expect(await two.script(script, `${key}\n${password}\n`, under)).toMatchObject({ code: 0, err: '' });
  cpSync(two.scripts, ci.scripts, { recursive: true });
  await kgitJson(ci.repo, ['sync'], { env: ci.env });
  const job = `read -r key; update_wireguard_peer '${other}' "$key" '${PUBLIC}'`;
  expect(await ci.script(job, `${jobs}\n`, under)).toMatchObject({ code: 0, err: '' });

  const now = yamlFiles(ci.scripts);
  expect(await exported(one, 'now')).toEqual(now);
  expect(await exported(two, 'now')).toEqual(now);
  const path = (name: string) => `deployment.wireguard_peers.${name}.private_key`;
  for (const name of [host, other]) {
    const args = ['get', path(name), '--reveal', '--fetch', '--deployment', String(id)];
    for (const without of [three, ci])
      expect((await kgit(without.repo, args, { env: without.env })).code).toBe(19);
    const { code, stdout } = await kgit(one.repo, args, { env: one.env });
    expect([code, stdout]).toEqual([0, `${name === host ? key : jobs}\n`]);
  }

  expect(clearIn([remote, ...all.map((each) => each.root)], secrets, isLegacyFile)).toEqual([]);
  const started = watch.started();
  expect(started.includes('"sops", "decrypt"')).toBe(true);
  expect(secretsIn(started, secrets)).toEqual([]);
}

function newSecret(): string {
  return randomBytes(32).toString('base64');
}

describe.runIf(HAS_SOPS)('a deployment is taken over by a teammate, with every value', () => {
  it('of the sample', () => takenOver(OWN));
  it.runIf(isHere)('of fixture 09', () => takenOver(FIXTURE));
});

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { countedSops } from '../../support/sops/counted-sops.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';
import { emptyState } from '../../support/state-repository.js';
import { textsBelow } from '../../support/texts-below.js';
import { layOut } from '../../sync/import-support.js';

const LAPTOP = 'deployment.wireguard_peers.mylaptop.private_key';
const FILES = ['state/deployment-state.yaml', 'state/azure-state.yaml', 'state/deployment-events.yaml'];
let ada: Member;
let ben: Member;

beforeAll(() => {
  if (!HAS_SOPS) return;
  ada = makeMember();
  ben = makeMember();
});

/** A remote that holds nothing yet. */
function newRemote(): string {
  const remote = bareRepository();
  git(emptyState(), 'push', '--quiet', remote, 'main');
  return remote;
}

/** A remote that shares secrets with these members. */
async function sharedWith(...members: readonly Member[]): Promise<string> {
  const remote = newRemote();
  const path = cloneOf(remote);
  await kgitJson(path, ['secrets', 'recipients', 'add', ...members.map(({ recipient }) => recipient)]);
  return remote;
}

/** The state folder of the scripts, with keys and a password in its files. */
function scripts() {
  const { root, keys } = layOut();
  const password = `pw-${keys[0]?.slice(0, 12)}`;
  const log = join(root, 'state/azure-events.yaml');
  const { events, ...head } = parse(readFileSync(log, 'utf8'));
  events[0].parameters = { ...events[0].parameters, password };
  writeFileSync(log, JSON.stringify({ ...head, events }));
  return { root, keys, secrets: [...keys, password] };
}

function change(root: string, from: string, to: string): void {
  const file = join(root, 'state/deployment-state.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to).replace('T08:20:00Z"\nphase', 'T09:20:00Z"\nphase'));
}

function ends({ code, stderr }: KgitRun, expected: number): void {
  expect(code, stderr).toBe(expected);
}

describe.runIf(HAS_SOPS)('kgit import where the team shares secrets', () => {
  it('shares what it would withhold; a teammate exports equal files; nothing is left in the clear', async () => {
    const remote = await sharedWith(ada, ben);
    const { root, secrets } = scripts();
    const one = cloneOf(remote);
    const writer = countedSops();
    const first = await kgitJson(one, ['import', root], { env: writer.environment });
    for (const { withheld } of first.files) expect(withheld).toEqual([]);
    expect(first.files.flatMap((file: { shared: string[] }) => file.shared)).toHaveLength(secrets.length);
    const [row] = first.files.filter(({ path }: { path: string }) => path === FILES[0]);
    expect(row.secrets).toEqual({ set: 2, unchanged: 0, conflicts: 0 });
    expect(writer.count('encrypt')).toBeGreaterThanOrEqual(secrets.length);
    const everything = [...textsBelow(one), ...textsBelow(remote), JSON.stringify(first)];
    for (const secret of secrets) expect(everything.filter((text) => text.includes(secret))).toHaveLength(0);

    // Once it is carried out, the next one is empty, with and without a key, and starts no sops.
    const again = countedSops(ada);
    for (const env of [again.environment, writer.environment])
      expect(await kgitJson(one, ['import', root], { env })).toMatchObject({ delivery: 'unchanged' });
    expect([again.count('decrypt'), writer.count('decrypt')]).toEqual([0, 0]);

    // Without a key, the files lack the secrets, and the result names their places.
    const lacking = await kgit(one, ['export', '--to', temporaryFolder(), '--json'], {
      env: sopsEnvironment(),
    });
    ends(lacking, 0);
    expect(lacking.stderr).toContain('SOPS_AGE_KEY_FILE');
    const places = JSON.parse(lacking.stdout).files.map(({ withheld }: { withheld: string[] }) => withheld);
    expect(places.flat()).toHaveLength(secrets.length);

    const other = cloneOf(remote);
    const to = temporaryFolder();
    const exported = await kgitJson(other, ['export', '--to', to], { env: sopsEnvironment(ben) });
    for (const { withheld } of exported.files) expect(withheld).toEqual([]);
    for (const name of FILES) {
      const [mine, theirs] = [root, to].map((folder) => parse(readFileSync(join(folder, name), 'utf8')));
      expect(JSON.stringify(theirs)).toBe(JSON.stringify(mine));
    }
    // Nobody else on the machine may read what was decrypted.
    expect(statSync(join(to, FILES[0] as string)).mode & 0o777).toBe(0o600);
    for (const secret of secrets)
      expect(textsBelow(other).filter((text) => text.includes(secret))).toHaveLength(0);

    // What the scripts change there is taken in; nothing conflicts with what the export wrote.
    change(to, secrets[0] as string, 'new-Key-of-laptop-0123456789abcdefghijklmnop=');
    const taken = await kgitJson(other, ['import', to], { env: sopsEnvironment(ben) });
    expect(taken).toMatchObject({ delivery: 'published' });
    const { value } = await kgitJson(other, ['get', LAPTOP, '--reveal'], { env: sopsEnvironment(ada) });
    expect(value).toBe('new-Key-of-laptop-0123456789abcdefghijklmnop=');
  });

  it('tells a secret that both sides changed, without showing it, and does with it what the user says', async () => {
    const remote = await sharedWith(ada);
    const { root, keys } = scripts();
    const one = cloneOf(remote);
    const env = sopsEnvironment(ada);
    await kgitJson(one, ['import', root], { env });
    await kgitJson(one, ['set', '--secret', `${LAPTOP}=-`], { env, input: 'set-By-hand-1' });
    change(root, keys[0] as string, 'new-Key-of-laptop-0123456789abcdefghijklmnop=');
    const refused = await kgit(one, ['import', root], { env });
    ends(refused, 12);
    expect(refused.stderr).toContain(LAPTOP);
    expect(refused.stdout + refused.stderr).not.toMatch(/new-Key|By-hand/);
    await kgitJson(one, ['import', root, '--on-conflict', 'file'], { env });
    expect((await kgitJson(one, ['get', LAPTOP, '--reveal'], { env })).value).toMatch(/^new-Key/);
  });

  it('starts no sops where the team shares none', async () => {
    const { root, keys } = scripts();
    const path = cloneOf(newRemote());
    const sops = countedSops(ada);
    const { files } = await kgitJson(path, ['import', root], { env: sops.environment });
    expect(files.flatMap(({ shared }: { shared: string[] }) => shared)).toEqual([]);
    expect(textsBelow(path).some((text) => text.includes(keys[0] as string))).toBe(true);
    await kgitJson(path, ['export', '--to', temporaryFolder()], { env: sops.environment });
    expect(sops.count('encrypt') + sops.count('decrypt')).toBe(0);
  });

  it('mirror shares them, and starts no sops for files that have not changed', async () => {
    const remote = newRemote();
    const { root, secrets } = scripts();
    const one = cloneOf(remote);
    const sops = countedSops();
    await kgitJson(one, ['import', root], { env: sops.environment });
    await kgitJson(one, ['secrets', 'recipients', 'add', ada.recipient]);
    await kgitJson(one, ['mirror', root], { env: sops.environment });
    const count = sops.count('encrypt');
    expect(count).toBeGreaterThanOrEqual(secrets.length);
    await kgitJson(one, ['mirror', root], { env: sops.environment });
    expect([sops.count('encrypt'), sops.count('decrypt')]).toEqual([count, 0]);
    for (const secret of secrets)
      expect(textsBelow(one).filter((text) => text.includes(secret))).toHaveLength(0);
  });

  it('without sops it says what to install, and keeps nothing', async () => {
    const one = cloneOf(await sharedWith(ada));
    const { root, keys } = scripts();
    const run = await kgit(one, ['import', root]);
    ends(run, 18);
    expect(run.stderr).toContain('getsops.io');
    expect(existsSync(join(one, '.git/kgit/withheld'))).toBe(false);
    for (const key of keys) expect(textsBelow(one).filter((text) => text.includes(key))).toHaveLength(0);
  });
});

const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);

/** The files of a checkout of the scripts that have something to say, parsed. */
function saidBelow(root: string): Record<string, unknown> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?:state|old_deployments)\/.*\.yaml$/.test(name),
  );
  return Object.fromEntries(
    names.sort().map((name) => [name, parse(readFileSync(join(root, name), 'utf8'))]),
  );
}

describe.runIf(HAS_SOPS && isHere)('a deployment that somebody else goes on with', () => {
  it.each(['09-head-full', 'x12-secrets-everywhere'])(
    '%s comes back whole, and is nowhere in the clear',
    async (name) => {
      const remote = await sharedWith(ada, ben);
      const root = join(FIXTURES, 'fixtures', name, 'root');
      const one = cloneOf(remote);
      const imported = await kgit(one, ['import', root, '--skip-invalid', '--json'], {
        env: sopsEnvironment(),
      });
      ends(imported, 0);
      const other = cloneOf(remote);
      const to = temporaryFolder();
      const exported = await kgit(other, ['export', '--to', to, '--json'], { env: sopsEnvironment(ben) });
      ends(exported, 0);
      for (const { withheld } of JSON.parse(exported.stdout).files) expect(withheld).toEqual([]);
      expect(saidBelow(to)).toEqual(saidBelow(root));
      const listed = readFileSync(join(FIXTURES, 'fixtures/SECRETS.tsv'), 'utf8').split('\n');
      const secrets = listed
        .map((line) => line.split('\t'))
        .flatMap(([of, value]) => (of === name && value ? value : []));
      expect(secrets.length).toBeGreaterThan(5);
      const texts = [one, other, remote].flatMap(textsBelow);
      const said = [imported, exported].map(({ stdout, stderr }) => stdout + stderr);
      for (const secret of secrets)
        expect([...texts, ...said].filter((text) => text.includes(secret))).toHaveLength(0);
    },
  );
});

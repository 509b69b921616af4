import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasLegacyFixtures, legacySecrets } from '../../model/secret/legacy-fixtures.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';

const FIXTURES = fileURLToPath(new URL('../../../../shared/legacy/fixtures', import.meta.url));
/** One of each kind: archives of a folder, a cluster's state, secrets wherever they can stand. */
const CASES = ['05-state-dir-cluster-state', '07-nested-flags-fast-reset', 'x12-secrets-everywhere'];

describe.runIf(hasLegacyFixtures)('what the scripts left behind, through the program', () => {
  it.each(CASES)(
    '%s: two clones at once import it once, and no secret is in git, outputs or messages',
    async (name) => {
      const remote = bareRepository();
      const one = temporaryFolder();
      await kgitJson('.', ['init', one, '--remote', remote]);
      const two = cloneOf(remote);
      const root = join(FIXTURES, name, 'root');
      const runs = await inTurn([
        () => kgit(one, ['import', root, '--verbose']),
        () => kgit(two, ['import', root, '--verbose']),
      ]);
      expect(runs.map(({ code }) => code)).toEqual([0, 0]);
      const deployments = (await kgitJson(one, ['list', 'deployments', '--fetch'])).items;
      const count = git(remote, 'rev-list', '--count', 'main');
      expect(Number(count)).toBe(1 + deployments.length);
      for (const clone of [one, two])
        expect((await kgitJson(clone, ['import', root])).delivery).toBe('unchanged');
      expect(git(remote, 'rev-list', '--count', 'main')).toBe(count);
      const objects = [remote, one, two].map((path) =>
        git(path, 'cat-file', '--batch-all-objects', '--batch', '--unordered'),
      );
      const said = [...objects, ...runs.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
      expect(legacySecrets().filter((secret) => said.includes(secret))).toEqual([]);
      const folder = join(one, '.git', 'kgit', 'withheld');
      const kept = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      expect(legacySecrets().some((secret) => kept.join().includes(secret))).toBe(true);
    },
  );

  it('no secret is in what goes wrong: export, mirror and the script API, here and elsewhere', async () => {
    const [remote, one, checkout] = [bareRepository(), temporaryFolder(), temporaryFolder()];
    await kgitJson('.', ['init', one, '--remote', remote]);
    cpSync(join(FIXTURES, 'x12-secrets-everywhere', 'root'), checkout, { recursive: true });
    const state = join(checkout, 'state/deployment-state.yaml');
    const whole = readFileSync(state, 'utf8');
    const said: string[] = [];
    const run = async (repo: string, code: number, ...args: string[]) => {
      const { code: found, stdout, stderr } = await kgit(repo, [...args, '--verbose']);
      expect(found, args.join(' ')).toBe(code);
      said.push(stdout, stderr);
    };
    const script = async (repo: string, call: string) => {
      const { out, err } = await bash(checkout, repo, `${call} || echo "failed $?"`);
      said.push(out, err);
    };
    await run(one, 0, 'import', checkout);
    const two = cloneOf(remote);
    // Each secret of the state where a parser, or what writes, trips over it.
    const lines = whole.split('\n');
    for (const line of lines.filter((text) => legacySecrets().some((secret) => text.includes(secret)))) {
      writeFileSync(state, whole.replace(line, `${line}\n@ ${line.trim()}`));
      await run(two, 14, 'import', checkout);
      await run(two, 14, 'import', checkout, '--json');
    }
    await run(two, 0, 'mirror', checkout);
    await script(two, 'get_state phase');
    await script(two, 'update_state phase x');
    writeFileSync(state, whole.replace(/status: .*/, 'status: other'));
    await run(one, 12, 'export', '--to', checkout, '--json');
    await run(two, 12, 'export', '--to', checkout);
    await run(two, 0, 'export', '--to', checkout, '--force', '--json');
    await script(two, 'get_wireguard_private_key mylaptop');
    await script(two, 'add_event own "it is $(cat wireguard/mylaptop_privkey)"');
    await run(two, 0, 'sync');
    const objects = [remote, one, two].map((path) =>
      git(path, 'cat-file', '--batch-all-objects', '--batch', '--unordered'),
    );
    const local = [one, two].flatMap((clone) => {
      const names = readdirSync(join(clone, '.git'), { recursive: true, encoding: 'utf8' });
      return names
        .filter((name) => !/^(objects|kgit\/(withheld|imports))(\/|$)/.test(name))
        .map((name) => join(clone, '.git', name))
        .filter((path) => statSync(path).isFile())
        .map((path) => readFileSync(path, 'utf8'));
    });
    const all = [...said, ...objects, ...local].join('\n');
    expect(legacySecrets().filter((secret) => all.includes(secret))).toEqual([]);
  });
});

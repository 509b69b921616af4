import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { bareRepository, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { HAS_SOPS, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';
import { expectFailure } from '../../support/state-repository.js';

const VALUE = 'hunter22-Tr0ub4dor';

it.runIf(HAS_SOPS)(
  'somebody leaves: the rotation keeps secrets from them, and Flux gets its Secret',
  async () => {
    const [ada, ben] = [makeMember(), makeMember()];
    const path = temporaryFolder();
    const writer = { KGIT_USER: 'ada', ...sopsEnvironment() };
    const reader = { ...writer, ...sopsEnvironment(ada) };
    const readers = ['--age', ada.recipient, '--age', ben.recipient];
    await kgitJson(path, ['init', '--remote', bareRepository(), '--deployment', 'dep-a', ...readers]);
    await kgitJson(path, ['set', '--secret', 'azure.client_secret=-'], { env: writer, input: VALUE });
    const removed = await kgit(path, ['secrets', 'recipients', 'remove', ben.recipient], { env: writer });
    expect(removed.stdout).toContain(
      'They can read 1 secret now, and in the history for ever. Next: kgit secrets rotate',
    );
    const waiting = await kgit(path, ['validate', '--json']);
    expect(waiting).toMatchObject({ code: 0 });
    expect(waiting.json.findings).toMatchObject([{ rule: 'secret-recipients', severity: 'warning' }]);
    const refused = await kgit(path, ['secrets', 'rotate', '--json'], { env: writer });
    expectFailure(refused, 'SECRET', 19);
    expect(refused.json.error.suggestions[0]).toContain(ada.recipient);
    const rotated = await kgit(path, ['secrets', 'rotate', '--reason', 'Ben has left'], { env: reader });
    expect(rotated.stdout).toContain('Change these values at their source');
    expect(rotated.stdout).toContain('! deployment/dep-a azure.client_secret');
    const verified = await kgitJson(path, ['verify'], { env: reader });
    expect(verified).toMatchObject({ total: 0, macs: { checked: 1, unchecked: 0 } });
    const exported = await kgit(
      path,
      ['secrets', 'export', '--kubernetes', 'azure', '-n', 'kcm-system', 'azure'],
      { env: reader },
    );
    const decrypt = [
      'decrypt',
      '--input-type',
      'yaml',
      '--output-type',
      'json',
      '--filename-override',
      'x.yaml',
    ];
    const clear = execFileSync('sops', decrypt, {
      ...{ input: exported.stdout, encoding: 'utf8', env: { ...process.env, ...reader } },
    });
    expect(JSON.parse(clear).stringData).toEqual({ 'azure.client_secret': VALUE });
  },
);

it('kgit secrets refuses what an action does not take', async () => {
  const path = temporaryFolder();
  await kgitJson(path, ['init', '--deployment', 'dep-a']);
  const lines = [
    ['export'],
    ['rotate', '--kubernetes', 'a', '-n', 'b'],
    ['recipients', '--deployment', 'dep-a'],
    ['export', '--kubernetes', 'a'],
  ];
  const runs = await inTurn(lines.map((line) => () => kgit(path, ['secrets', ...line, '--json'])));
  for (const run of runs) expectFailure(run, 'USAGE', 2);
  expectFailure(await kgit(path, ['secrets', 'rotate', 'azure.a', '--json']), 'NOT_FOUND', 15);
});

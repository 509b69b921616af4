import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { ageRecipient } from '../../src/model/team-secret/recipients.js';
import { Sops } from '../../src/secrets/sops.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../support/sops/team-keys.js';

const FILE = 'deployments/dep-a/secrets/a.sops.yaml';
let ada: Member;

beforeAll(() => {
  if (HAS_SOPS) ada = makeMember();
});

function sopsOf(environment: Record<string, string>): Sops {
  return new Sops({ environment, kinds: ['age'], timeoutMs: 60_000, parallel: 2 });
}

/** Every character that is a line break, a control character or not allowed somewhere in YAML, between blanks. */
const ODD = [
  ...Array.from({ length: 0x21 }, (_, i) => i),
  ...Array.from({ length: 0x22 }, (_, i) => 0x7f + i),
  ...[0xad, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x1f600, 0x10ffff],
]
  .map((code) => ` a ${String.fromCodePoint(code)} b`)
  .join('');

describe.runIf(HAS_SOPS)('sops gives back', () => {
  it.each([
    ['odd characters', ODD],
    ['blanks and breaks around', ' \t\n\u0085\u2028 a \u0085\r\n '],
    ['a mark of byte order first', '\ufeffa'],
    ['what looks like YAML', '--- # !!binary |\n- "a": [*b, {c}]\n...\n'],
    ['long lines', `${'x y '.repeat(5000)}\n${'z'.repeat(20_000)}`],
    ['other values', { [`k${ODD}`]: [ODD, '', null, true, -1.5, {}] }],
  ])('%s', async (_, value) => {
    const sops = sopsOf(sopsEnvironment(ada));
    const path = 'a."\u0085 \u2028"';
    const text = await sops.encrypt(path, value, [ageRecipient(ada.recipient)], FILE);
    expect(await sops.decrypt(text, path, FILE)).toEqual(value);
  });

  it('the data of a manifest with odd characters', async () => {
    const sops = sopsOf(sopsEnvironment(ada));
    const manifest = { kind: 'Secret', stringData: { a: ODD } };
    const text = await sops.encryptManifest(manifest, [ageRecipient(ada.recipient)], 'a');
    const args = [
      'decrypt',
      '--input-type',
      'yaml',
      '--output-type',
      'json',
      '--filename-override',
      'x.yaml',
    ];
    const env = { ...process.env, ...sopsEnvironment(ada) };
    const clear = execFileSync('sops', args, { input: text, env, encoding: 'utf8' });
    expect(JSON.parse(clear).stringData).toEqual({ a: ODD });
  });
});

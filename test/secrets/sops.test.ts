import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.js';
import { ageRecipient } from '../../src/model/team-secret/recipients.js';
import { Sops } from '../../src/secrets/sops.js';
import { temporaryFolder } from '../support/git-fixtures.js';
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

describe.runIf(HAS_SOPS)('a secret that cannot be decrypted', () => {
  const failure = async (environment: Record<string, string>, more = '') => {
    const sops = new Sops({ environment, kinds: ['age', 'hc_vault'], timeoutMs: 60_000, parallel: 2 });
    const text = await sopsOf(sopsEnvironment()).encrypt('a', 'b', [ageRecipient(ada.recipient)], FILE);
    return sops
      .decrypt(text.replace('sops:\n', `sops:\n${more}`), 'a', FILE)
      .catch((error: unknown) => error);
  };

  it('is one without a key, if there is no key for it', async () => {
    const none = { ...sopsEnvironment(), HOME: temporaryFolder() };
    for (const environment of [none, { ...none, SOPS_AGE_KEY_FILE: makeMember().keyFile }])
      expect(await failure(environment)).toMatchObject({ exitCode: 19, data: { cause: 'no-key' } });
  });

  it('is none without a key, if the key of the user is broken: the reason is told, and not the key', async () => {
    const keyFile = join(temporaryFolder(), 'key.txt');
    const key = readFileSync(ada.keyFile, 'utf8').match(/AGE-SECRET-KEY-\w+/)?.[0] ?? '';
    writeFileSync(keyFile, `${key.slice(0, -1)}${key.endsWith('Q') ? 'P' : 'Q'}\n`);
    const error = await failure({ ...sopsEnvironment(), SOPS_AGE_KEY_FILE: keyFile });
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ message: expect.stringContaining('malformed secret key') });
    expect(JSON.stringify((error as EnvironmentError).toJSON())).not.toContain(key.slice(20, 40));
  });

  it('is none without a key, if a service does not answer', async () => {
    const vault =
      '  hc_vault: [{vault_address: "http://127.0.0.1:1", engine_path: transit, key_name: b, enc: x, created_at: "2026-01-01T00:00:00Z"}]\n';
    const environment = {
      ...sopsEnvironment(),
      HOME: temporaryFolder(),
      VAULT_TOKEN: 'x',
      VAULT_MAX_RETRIES: '0',
    };
    const error = await failure(environment, vault.replace(/^ {2}/, '    '));
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ message: expect.stringMatching(/127\.0\.0\.1:1.*refused/) });
  });
});

import { describe, expect, it } from 'vitest';
import { InvalidStateError, UsageError } from '../../../src/errors.js';
import { ageRecipient, recipientsOfFile } from '../../../src/model/team-secret/recipients.js';
import {
  changedRecipients,
  SECRETS_REGEX,
  teamRecipients,
} from '../../../src/model/team-secret/sops-config.js';

const ADA = ageRecipient('age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p');
const BEN = ageRecipient('age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg');

const PLUGIN = `age1yubikey1${'q'.repeat(53)}`;

const rule = (more: string) =>
  `creation_rules:\n  - path_regex: ${SECRETS_REGEX}\n    encrypted_regex: ^value$\n${more}`;

describe('the recipients in .sops.yaml', () => {
  it('begin with a file of one rule, one recipient on each line', () => {
    const text = changedRecipients(null, { add: [ADA, BEN], remove: [] });
    expect(text.split('\n')).toContain(`      ${BEN.id},`);
    expect(text.split('\n')).toContain(`      ${ADA.id}`);
    expect(teamRecipients(text)).toEqual([BEN, ADA]);
  });

  it('leave comments and rules of the team as they are, and come before them', () => {
    const mine = '# ours\ncreation_rules:\n  # for Flux\n  - path_regex: ^apps/\n    pgp: ABCDEF # build\n';
    const text = changedRecipients(mine, { add: [ADA], remove: [] });
    expect(text).toContain('# ours');
    expect(text).toContain('  # for Flux\n  - path_regex: ^apps/\n    pgp: ABCDEF # build');
    expect(text.indexOf(SECRETS_REGEX)).toBeLessThan(text.indexOf('^apps/'));
    expect(changedRecipients(text, { add: [ADA], remove: [] })).toBe(text);
    expect(teamRecipients(changedRecipients(text, { add: [BEN], remove: [ADA] }))).toEqual([BEN]);
  });

  it('are none where the team shares no secrets', () => {
    expect(teamRecipients(null)).toBeNull();
    expect(teamRecipients('creation_rules:\n  - age: x\n')).toBeNull();
    expect(teamRecipients('')).toBeNull();
  });

  it('may be of other kinds, which kgit keeps', () => {
    const text = rule(`    kms: arn:aws:kms:eu-west-1:1:key/a\n    age: ${ADA.id}\n`);
    expect(teamRecipients(text)).toEqual([ADA, { kind: 'kms', id: 'arn:aws:kms:eu-west-1:1:key/a' }]);
    expect(changedRecipients(text, { add: [BEN], remove: [] })).toContain(
      'kms: arn:aws:kms:eu-west-1:1:key/a',
    );
  });

  it.each([
    ['age', ADA.id, { recipient: ADA.id }],
    ['age', `ssh-rsa ${'A'.repeat(716)}`, { recipient: `ssh-rsa ${'A'.repeat(716)}` }],
    ['age_plugin', PLUGIN, { recipient: PLUGIN }],
    ['pgp', 'ABCDEF', { fp: 'ABCDEF' }],
    ['kms', 'arn:aws:kms:eu-west-1:1:key/a', { arn: 'arn:aws:kms:eu-west-1:1:key/a', role: '' }],
    [
      'kms',
      'arn:aws:kms:a:1:key/a+arn:aws:iam::1:role/b',
      { arn: 'arn:aws:kms:a:1:key/a', role: 'arn:aws:iam::1:role/b' },
    ],
    ['gcp_kms', 'projects/a/keys/b', { resource_id: 'projects/a/keys/b' }],
    [
      'azure_kv',
      'https://a.vault.azure.net/keys/b/0123abc',
      { vault_url: 'https://a.vault.azure.net', name: 'b', version: '0123abc' },
    ],
    [
      'hc_vault',
      'https://vault.example.com:8200/v1/team/transit/keys/b',
      { vault_address: 'https://vault.example.com:8200', engine_path: 'team/transit', key_name: 'b' },
    ],
  ] as const)(
    'of kind %s are the same in a rule and in a file that sops encrypted: %s',
    (kind, id, entry) => {
      const [named] = [kind].map((one) => (one === 'age_plugin' ? 'age' : one));
      const keys: Record<string, string> = { azure_kv: 'azure_keyvault', hc_vault: 'hc_vault_transit_uri' };
      const [recipient] = teamRecipients(rule(`    ${keys[kind] ?? named}: ${id}\n`)) ?? [];
      expect(recipient).toEqual({ kind, id });
      const metadata = { [String(named)]: [{ ...entry, enc: 'x' }], encrypted_regex: '^value$' };
      expect(recipientsOfFile(metadata, 'f')).toEqual([recipient]);
    },
  );

  it('are added without the comment of an ssh key', () => {
    const key = `ssh-ed25519 ${'A'.repeat(68)}`;
    expect(ageRecipient(`${key} ada@example.com\n`)).toEqual({ kind: 'age', id: key });
    expect(ageRecipient(PLUGIN).kind).toBe('age_plugin');
  });

  it.each([
    ['another encrypted_regex', `creation_rules:\n  - path_regex: ${SECRETS_REGEX}\n    age: ${ADA.id}\n`],
    ['key groups', rule('    key_groups: [{age: [x]}]\n')],
    ['a service that kgit does not know', rule('    hckms: tr-west-1:abc\n')],
    ['a recipient that is an option', rule('    kms: --config=/etc/x\n')],
    ['an age recipient that is none', rule('    age: AGE-SECRET-KEY-1QQQ\n')],
    ['a key of Azure without a version', rule('    azure_keyvault: https://a.vault.azure.net/keys/b\n')],
    ['a Vault that is no address', rule('    hc_vault_transit_uri: vault/v1/transit/keys/b\n')],
    ['two recipients in one', rule('    pgp: ["A,B"]\n')],
    ['broken YAML', 'creation_rules: ['],
  ])('are refused with %s', (_, text) => {
    expect(() => teamRecipients(text)).toThrow(InvalidStateError);
  });

  it('are not taken for a private key, which no message repeats', () => {
    const key = 'AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ';
    expect(() => ageRecipient(key)).toThrow(UsageError);
    try {
      ageRecipient(key);
    } catch (error) {
      expect(JSON.stringify((error as UsageError).toJSON())).not.toContain('1QQQ');
    }
  });
});

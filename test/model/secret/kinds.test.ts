import { describe, expect, it } from 'vitest';
import { findSecrets, findSecretsInText } from '../../../src/model/secret/find-secrets.js';
import { maskSecrets } from '../../../src/model/secret/mask-secrets.js';
import { FALSE_ALARMS, KINDS, NAMES } from './kinds.js';

describe('kinds of secrets', () => {
  it.each(KINDS)('%s is found, and masked', (_, text, secret) => {
    expect(findSecretsInText(text)).not.toEqual([]);
    expect(maskSecrets(text)).not.toContain(secret);
  });

  it.each(KINDS)('%s is found in the midst of a longer text', (_, text, secret) => {
    const within = `first line\n${text}\nlast line`;
    expect(findSecretsInText(within)).not.toEqual([]);
    expect(maskSecrets(within)).not.toContain(secret);
  });

  it.each(NAMES)('%s is a name of secrets, in state and in text', (name) => {
    expect(findSecrets({ [name]: 'ruttich' })).not.toEqual([]);
    expect(findSecretsInText(`${name}=ruttich`)).not.toEqual([]);
    expect(maskSecrets(`x ${name}: ruttich`)).toBe(`x ${name}: ***`);
  });

  it.each(['credential', 'credentials', 'aws_creds', 'dbCredentials'])(
    '%s holds secrets, or names',
    (name) => {
      expect(findSecrets({ [name]: 'Ruttich1' })).not.toEqual([]);
      expect(findSecrets({ [name]: 'hunter2' })).not.toEqual([]);
      expect(findSecrets({ [name]: 'azure-cluster-credential' })).toEqual([]);
      expect(findSecrets({ [name]: 'kcm-system/azure-cluster-credential' })).toEqual([]);
    },
  );

  it('finds the data of Secrets in lists of state', () => {
    const list = {
      kind: 'List',
      items: [
        { kind: 'ConfigMap', data: { a: 'b' } },
        { kind: 'Secret', data: { user: 'YQ==' } },
      ],
    };
    expect(findSecrets(list).map(({ path }) => path)).toEqual(['items.1.data.user']);
  });
});

describe('false alarms', () => {
  it.each(FALSE_ALARMS)('%j is left alone', (text) => {
    expect(findSecretsInText(text)).toEqual([]);
    expect(maskSecrets(text)).toBe(text);
  });

  it.each([
    ['pass', 412],
    ['tests_pass', 'yes'],
    ['first_pass', '12/14'],
    ['pin', 'v1.5.0'],
    ['hash', 'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5tKiW0vA='],
    ['checksum', 'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5tKiW0vBqMzJyCdUeFgShAnLpk3VxQ9mZ2LrT8wYbN4cHs7DfG1=='],
    ['spec.encryptedData.password', `AgC${'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5tKiW0vBq'.repeat(6)}==`],
  ])('%s: %j is left alone', (name, value) => {
    expect(findSecrets({ [name]: value })).toEqual([]);
  });
});

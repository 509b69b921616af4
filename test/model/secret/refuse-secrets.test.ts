import { describe, expect, it } from 'vitest';
import { SecretError } from '../../../src/errors.js';
import { findSecrets, findSecretsInText } from '../../../src/model/secret/find-secrets.js';
import { refuseSecrets } from '../../../src/model/secret/refuse-secrets.js';
import { wireguardKey } from './samples.js';

const KEY = wireguardKey(5);

function refusal(run: () => void): SecretError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SecretError);
    return error as SecretError;
  }
  throw new Error('not refused');
}

describe('refuseSecrets', () => {
  it('lets pass what has no finding', () => {
    expect(() => refuseSecrets([])).not.toThrow();
  });

  it('says where, what and what to do, without the secret', () => {
    const error = refusal(() =>
      refuseSecrets(findSecrets({ wireguard_peers: { hub: { private_key: KEY } }, [KEY]: 1 })),
    );
    expect(error.exitCode).toBe(19);
    expect(error.message).toContain(
      'wireguard_peers.hub.private_key looks like a secret (WireGuard private key)',
    );
    expect(error.message).toContain('the key *** looks like a secret');
    expect(error.suggestions.join()).toContain('--allow-secret');
    expect(JSON.stringify(error)).not.toContain(KEY.slice(0, 12));
  });

  it('names a name, and counts what it does not name', () => {
    expect(refusal(() => refuseSecrets(findSecretsInText(KEY, 'name'))).message).toContain(
      'the name looks like',
    );
    const many = findSecrets(Array.from({ length: 9 }, () => KEY));
    expect(refusal(() => refuseSecrets(many)).message).toMatch(/, and 4 more$/);
  });
});

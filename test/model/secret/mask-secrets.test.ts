import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSecretsInText } from '../../../src/model/secret/find-secrets.js';
import { maskSecrets } from '../../../src/model/secret/mask-secrets.js';
import { HARMLESS, IN_TEXT, SHAPED } from './samples.js';

describe('maskSecrets', () => {
  it.each(IN_TEXT)('%s: masks the secret in %j and nothing else', (_, text, secret) => {
    expect(maskSecrets(text)).toBe(text.replace(secret, '***'));
  });

  it.each(HARMLESS)('leaves %j as it is', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('takes no secret for the place that one is read from', () => {
    for (const value of ['hunter22-Tr0ub4dor', 'a.b=hunter22', 'Xk29dKq81zPw77aB=-', 'a.b=-hunter22'])
      expect(maskSecrets(`kgit set --secret ${value}`)).toBe('kgit set --secret ***');
  });

  it('leaves no secret that the guard finds', () => {
    const part = fc.oneof(
      fc.constantFrom(...SHAPED.map(([, secret]) => secret)),
      fc.constantFrom(...IN_TEXT.map(([, text]) => text)),
      fc.constantFrom(...HARMLESS),
      fc.constantFrom(
        'password',
        'token',
        '=',
        ': ',
        ' ',
        '\n',
        '"',
        "'",
        '@',
        '://',
        ':',
        '--',
        '/',
        '***',
        '%2F',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        expect(findSecretsInText(maskSecrets(parts.join('')))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

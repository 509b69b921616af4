import { describe, expect, it } from 'vitest';
import { findAssignments } from '../../../src/model/secret/forms/assignment.js';
import { judgedName, USUAL_NAMES } from '../../../src/model/secret/secret-name.js';
import { PLAIN_STEMS } from '../../../src/model/secret/secret-words.js';

/** A word of each alternative of the pattern for names before a value. */
const WORDS = [
  ...[
    'pass',
    'password',
    'passwd',
    'passphrase',
    'passcode',
    'pw',
    'pwd',
    'pat',
    'mdp',
    'secret',
    'secret-id',
  ],
  ...['token', 'psk', 'auth', 'authorization', 'credential', 'cred', 'dockerconfigjson', 'connection_string'],
  ...['session-id', 'private key', 'pre-shared-key', 'preshared_key', 'api key', 'APP_KEY', 'Client-Key'],
  ...[
    'encryption-key',
    'license key',
    'licence-key',
    'unseal_key',
    'hmac-key-data',
    'routing-key',
    'root_key',
  ],
  ...['Passwort', 'KENNWORT', 'mot de passe', 'palavra-passe', "parola d'ordine", 'mat khau', 'pasahitza'],
];

describe('a short text', () => {
  it.each(WORDS)('with %s before a value is searched', (word) => {
    expect(findAssignments(`${word}=Zq8vR2kL5xWm3TnB7`)).toHaveLength(1);
  });

  it('with a PIN is searched', () => {
    expect(findAssignments('the PIN 4711')).toHaveLength(1);
  });

  it('needs no pattern for words without separators', () => {
    expect(PLAIN_STEMS.every((stem) => /^[a-z]+$/.test(stem))).toBe(true);
  });
});

it.each(USUAL_NAMES)('%s is a plain name by the patterns, too', (name) => {
  expect(judgedName(name)).toBe('plain');
});

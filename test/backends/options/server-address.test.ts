import { describe, expect, it } from 'vitest';
import {
  isStoreName,
  parseHostPort,
  parseServerAddress,
} from '../../../src/backends/options/server-address.js';
import { UsageError } from '../../../src/errors.js';

const EXAMPLE = 'redis://HOST:6379/0#STORE';

describe('parseServerAddress', () => {
  it('reads every part', () => {
    expect(parseServerAddress('rediss://ada@redis.example:7000/2#prod', EXAMPLE)).toEqual({
      scheme: 'rediss',
      host: 'redis.example',
      port: 7000,
      path: '2',
      username: 'ada',
      store: 'prod',
    });
  });

  it('leaves out what is not there, and unwraps IPv6', () => {
    expect(parseServerAddress('redis://[::1]', EXAMPLE)).toEqual({
      scheme: 'redis',
      host: '::1',
      port: undefined,
      path: undefined,
      username: undefined,
      store: undefined,
    });
  });

  it.each([
    'redis://ada:hunter2@host',
    'redis://:hunter2@host/0#prod',
    'redis://hunter2%zz@host',
    'redis://ada:hunter2@host:99999',
  ])('refuses %s and does not repeat a password', (place) => {
    let thrown: unknown;
    try {
      parseServerAddress(place, EXAMPLE);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UsageError);
    expect(JSON.stringify([String(thrown), (thrown as UsageError).suggestions])).not.toContain('hunter2');
  });

  it.each(['redis://host?db=1', 'redis'])('refuses %s', (place) => {
    expect(() => parseServerAddress(place, EXAMPLE)).toThrow(UsageError);
  });
});

describe('parseHostPort', () => {
  it.each([
    ['host', { host: 'host', port: 9 }],
    ['host:12', { host: 'host', port: 12 }],
    ['[::1]:12', { host: '::1', port: 12 }],
    ['10.0.0.1:12', { host: '10.0.0.1', port: 12 }],
  ])('%s', (text, want) => expect(parseHostPort(text, 9)).toEqual(want));

  it.each(['', 'host:', 'host:0', 'host:65536', 'a b', 'user@host', '::1', 'http://host', 'host/path'])(
    'refuses %j',
    (text) => expect(parseHostPort(text, 9)).toBeUndefined(),
  );
});

it.each([
  ['prod', true],
  ['prod-eu.1', true],
  ['', false],
  ['a/b', false],
  ['{a}', false],
  ['-a', false],
  ['..', false],
  ['A', false],
  ['a'.repeat(64), false],
])('isStoreName(%j) is %s', (name, want) => expect(isStoreName(name)).toBe(want));

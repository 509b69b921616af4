import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import {
  clearDocument,
  clearValue,
  parseSealedSecret,
} from '../../../src/model/team-secret/secret-document.js';
import type { Value } from '../../../src/model/value/value.js';

const ID = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const SEALED =
  'ENC[AES256_GCM,data:yn4=,iv:OfezzywAvNK41+cRf3ew/2HAfiniYpWDodIRVYZ6gHg=,tag:EN7D46YOl45UK8/cyHxwjA==,type:str]';

function document(
  changes: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): string {
  const sops = {
    age: [{ recipient: ID, enc: 'x' }],
    mac: SEALED,
    encrypted_regex: '^value$',
    version: '3.13.3',
    ...metadata,
  };
  return JSON.stringify({ path: 'a.b', value: SEALED, sops, ...changes });
}

describe('the document of a secret', () => {
  it('gives back any value, and hides all of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const clear = JSON.parse(clearDocument('a.b', value as Value)) as Record<string, unknown>;
        expect(clearValue(clear, 'a.b', 'f')).toEqual(JSON.parse(JSON.stringify(value)));
        // sops leaves the keys of mappings, empty texts and null readable.
        expect(typeof clear['value']).toBe('string');
        expect(clear['value']).not.toBe('');
      }),
    );
  });

  it('is not taken for that of another path, nor of a later version', () => {
    expect(() => clearValue({ path: 'a.c', value: 'x' }, 'a.b', 'f')).toThrow(InvalidStateError);
    expect(() => clearValue({ path: 'a.b', value: 'x', format: 'new' }, 'a.b', 'f')).toThrow(
      InvalidStateError,
    );
    expect(() => clearValue({ path: 'a.b', format: 'json', value: 'hunter22' }, 'a.b', 'f')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter') }),
    );
  });

  it('tells its path and recipients without a key', () => {
    expect(parseSealedSecret(document(), 'f')).toMatchObject({
      path: 'a.b',
      recipients: [{ kind: 'age', id: ID }],
    });
  });

  it.each([
    ['a value in the clear', document({ value: 'hunter22' })],
    ['a value that is only in part encrypted', document({ value: `x ${SEALED}` })],
    ['a mapping in place of the value', document({ value: { a: SEALED } })],
    ['another key', document({ note: 'hunter22' })],
    ['no recipients', document({}, { age: [] })],
    ['another encrypted_regex', document({}, { encrypted_regex: '^other$' })],
    ['a server to be asked for keys', document({}, { hckms: [{ key_id: 'x' }] })],
    ['key groups', document({}, { key_groups: [{ age: [] }] })],
    ['no metadata', document({ sops: null })],
    ['a second document', `${document()}\n---\nx: y\n`],
  ])('is refused with %s', (_, text) => {
    expect(() => parseSealedSecret(text, 'f')).toThrow(InvalidStateError);
  });
});

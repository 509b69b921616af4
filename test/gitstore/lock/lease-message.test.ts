import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  leaseMessage,
  MAX_CHAIN,
  nextLength,
  parseLeaseMessage,
} from '../../../src/gitstore/lock/lease-message.js';
import { acquired, broken, type LeaseRecord } from '../../../src/model/lease/lease.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { anyCharacter } from '../../support/characters.js';

const text = fc.string({ unit: anyCharacter, maxLength: 60 });
const holder = fc.record({ name: text, host: text, runId: text }, { requiredKeys: ['name', 'host'] });
const [mine, theirs] = [makeUlid(1, 1n), makeUlid(2, 2n)];
const record = fc
  .tuple(holder, holder, text, fc.boolean())
  .map(([by, other, reason, isBroken]): LeaseRecord => {
    const first = acquired(null, { name: 'x', lease: mine, holder: by, ttl: 1000, reason }, 5);
    return isBroken ? broken(first, { lease: theirs, holder: other, reason }, 9) : first;
  });

it('a message survives whole, whatever a holder is called', () => {
  fc.assert(
    fc.property(record, fc.integer({ min: 1, max: MAX_CHAIN }), (one, length) => {
      expect(parseLeaseMessage(leaseMessage({ record: one, length }))).toEqual({ record: one, length });
    }),
  );
});

it('no two messages are the same, and older versions find every key that they read', () => {
  const link = { record: fc.sample(record, 1)[0] as LeaseRecord, length: 7 };
  const messages = [leaseMessage(link), leaseMessage(link)];
  expect(messages[0]).not.toBe(messages[1]);
  for (const message of messages) {
    const json: unknown = JSON.parse(message.slice(message.indexOf('\n\n')));
    expect(json).toMatchObject({ ...link.record, nonce: expect.stringMatching(/^[0-9a-f]{32}$/), length: 7 });
  }
});

it('reads what older versions wrote', () => {
  const message = `lock network: renewed by ada@build-7, token 3

{
  "name": "network",
  "lease": "${mine}",
  "holder": {
    "name": "ada",
    "host": "build-7"
  },
  "ttl": 60000,
  "action": "renew",
  "token": 3,
  "acquiredAt": 1750000000000,
  "at": 1750000020000,
  "nonce": "0123456789abcdef0123456789abcdef",
  "length": 64
}
`;
  expect(parseLeaseMessage(message)).toEqual({
    record: {
      action: 'renew',
      name: 'network',
      token: 3,
      lease: mine,
      holder: { name: 'ada', host: 'build-7' },
      acquiredAt: 1_750_000_000_000,
      at: 1_750_000_020_000,
      ttl: 60_000,
    },
    length: 64,
  });
});

it('a chain begins anew after its longest', () => {
  expect([0, 1, MAX_CHAIN - 1, MAX_CHAIN, MAX_CHAIN + 5].map(nextLength)).toEqual([1, 2, MAX_CHAIN, 1, 1]);
});

describe('no message of a lock is', () => {
  const good = leaseMessage({ record: fc.sample(record, 1)[0] as LeaseRecord, length: 1 });

  it.each([
    ['length', 0],
    ['length', '1'],
    ['length', 2 ** 60],
    ['token', 0],
  ])('one with %s: %j', (key, value) => {
    expect(parseLeaseMessage(good)).not.toBeNull();
    const cut = good.indexOf('\n\n');
    const changed = { ...JSON.parse(good.slice(cut)), [key]: value };
    expect(parseLeaseMessage(`${good.slice(0, cut)}\n\n${JSON.stringify(changed)}`)).toBeNull();
  });

  it('any text, cut off, too long or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (any) => {
        expect(parseLeaseMessage(any)).toBeNull();
      }),
    );
    expect(parseLeaseMessage(good.slice(0, -5))).toBeNull();
    expect(parseLeaseMessage(`${good}${' '.repeat(70_000)}`)).toBeNull();
    expect(parseLeaseMessage('x\n\n[]')).toBeNull();
  });
});

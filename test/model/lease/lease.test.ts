import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import {
  acquired,
  broken,
  claimOf,
  expiresAt,
  formatClaims,
  isClaimed,
  isSameMove,
  isTaken,
  type LeaseRecord,
  leaseFromJson,
  parseClaims,
  released,
  renewed,
  takeoverAt,
} from '../../../src/model/lease/lease.js';
import {
  decodeLockName,
  encodeLockName,
  isLockName,
  lockName,
  MAX_LOCK_NAME,
} from '../../../src/model/lease/lock-name.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { anyCharacter } from '../../support/characters.js';

const name = fc
  .stringMatching(/^[a-z0-9]{1,6}([._-]{0,2}[a-z0-9]{1,4}){0,3}(\/[a-z0-9]{1,6}(\.lock)?){0,2}$/)
  .filter(isLockName);
const ulid = fc.bigInt({ min: 0n, max: 2n ** 80n - 1n }).map((random) => makeUlid(1_750_000_000_000, random));
const text = fc.string({ unit: anyCharacter, maxLength: 60 });
const holder = fc.record({ name: text, host: text, runId: text }, { requiredKeys: ['name', 'host'] });
const at = fc.integer({ min: 0, max: 4_000_000_000_000 });
const wanted = fc.record(
  { name, lease: ulid, holder, ttl: fc.integer({ min: 1, max: 86_400_000 }), reason: text },
  { requiredKeys: ['name', 'lease', 'holder', 'ttl'] },
);

type Step = 'acquire' | 'renew' | 'break' | 'release';
const steps = fc.array(fc.tuple(fc.constantFrom<Step>('acquire', 'renew', 'break', 'release'), wanted, at), {
  maxLength: 200,
});

/** The records that these steps make, those left out that are not possible where they stand. */
function chainOf(
  all: readonly (readonly [Step, Omit<LeaseRecord, 'action' | 'token' | 'at' | 'acquiredAt'>, number])[],
) {
  const chain: LeaseRecord[] = [];
  for (const [step, want, mark] of all) {
    const before = chain.at(-1) ?? null;
    const taken = before && isTaken(before) ? before : null;
    if (step === 'acquire' && !taken) chain.push(acquired(before, { ...want, name: 'x' }, mark));
    else if (taken && step === 'renew') chain.push(renewed(taken, mark));
    else if (taken && step === 'release') chain.push(released(taken, mark));
    else if (taken && step === 'break') chain.push(broken(taken, want, mark));
  }
  return chain;
}

describe('the records of a lock', () => {
  it('raises the token with every acquisition, and with nothing else', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const chain = chainOf(all);
        let token = 0;
        for (const record of chain) {
          if (record.action === 'acquire') token += 1;
          expect(record.token).toBe(token);
        }
      }),
    );
  });

  it('proves a claim by lease and token while it is taken, and to nobody else', () => {
    fc.assert(
      fc.property(steps, wanted, (all, other) => {
        const chain = chainOf(all);
        for (const [i, record] of chain.entries()) {
          const claim = claimOf(record);
          expect(isClaimed(record, claim)).toBe(record.action === 'acquire' || record.action === 'renew');
          expect(isClaimed(record, { ...claim, token: claim.token + 1 })).toBe(false);
          if (other.lease !== record.lease)
            expect(isClaimed(record, { ...claim, lease: other.lease })).toBe(false);
          const later = chain.slice(i + 1).find(({ action }) => action !== 'renew');
          if (later) expect(isClaimed(later, claim)).toBe(false);
        }
      }),
    );
  });

  it('keeps whose lease was broken, by whom and why', () => {
    const ada = { name: 'ada', host: 'build-7', runId: '4711' };
    const first = acquired(null, { name: 'x', lease: makeUlid(1, 1n), holder: ada, ttl: 1000 }, 5);
    const by = { lease: makeUlid(2, 2n), holder: { name: 'bo', host: 'h' }, reason: 'gone' };
    const break_ = broken(first, by, 9);
    expect(break_).toMatchObject({
      ...by,
      action: 'break',
      token: 1,
      previous: { ...ada, token: 1, expiresAt: 1005 },
    });
    expect(renewed(acquired(break_, { ...by, name: 'x', ttl: 1 }, 9), 9)).not.toHaveProperty('previous');
  });
});

describe('expiry', () => {
  it('comes neither before the commit says so nor before a TTL of looking on', () => {
    fc.assert(
      fc.property(wanted, at, at, (want, mark, seen) => {
        const record = acquired(null, want, mark);
        const free = takeoverAt(record, seen);
        expect(free).toBeGreaterThanOrEqual(expiresAt(record));
        expect(free - seen).toBeGreaterThanOrEqual(record.ttl);
        expect([expiresAt(record), seen + record.ttl]).toContain(free);
      }),
    );
  });
});

describe('what is no record', () => {
  const good = acquired(
    null,
    { name: 'x', lease: makeUlid(1, 1n), holder: { name: 'a', host: 'h' }, ttl: 1000 },
    5,
  );
  it.each([
    ['token', 0],
    ['token', 1.5],
    ['token', '1'],
    ['token', 2 ** 60],
    ['ttl', -1],
    ['ttl', 1e12],
    ['at', -5],
    ['at', 8.64e15],
    ['lease', 'x'],
    ['name', '../x'],
    ['name', 'x'.repeat(81)],
    ['action', 'steal'],
    ['holder', null],
    ['holder', { name: 'a' }],
  ])('%s: %j', (key, value) => {
    expect(leaseFromJson({ ...good, unknown: 1 })).toEqual(good);
    expect(leaseFromJson({ ...good, [key]: value })).toBeNull();
  });
});

it('a move is told from every other of the same lock', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const chain = chainOf(all.map(([step, want], i) => [step, want, 1000 + i]));
      for (const [i, one] of chain.entries())
        for (const [j, other] of chain.entries()) expect(isSameMove(one, { ...other })).toBe(i === j);
    }),
    { numRuns: 20 },
  );
});

describe('names of locks', () => {
  it('are one part of a ref, each its own, back and forth', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(encodeLockName(one)).toMatch(/^[a-z0-9][a-z0-9_%-]*$/);
        expect(decodeLockName(encodeLockName(one))).toBe(one);
        if (one !== other) expect(encodeLockName(one)).not.toBe(encodeLockName(other));
      }),
    );
    expect(encodeLockName('a/b.lock')).toBe('a%2fb%2elock');
    expect(encodeLockName(`a${'.b'.repeat(39)}c`).length).toBeLessThan(250);
  });

  it.each([
    '',
    'A',
    '-a',
    'a-',
    'a//b',
    '/a',
    'a/',
    'a/../b',
    'a/.b',
    'a b',
    'a\n',
    'ä',
    'x'.repeat(MAX_LOCK_NAME + 1),
  ])('%j is none', (bad) => {
    expect(() => lockName(bad)).toThrow(UsageError);
    expect(decodeLockName(encodeLockName(bad))).toBeNull();
  });

  it.each(['%2F', 'a%2fb%2F', 'a.b', 'a/b', '%61', 'Network'])('%j encodes none', (bad) => {
    expect(decodeLockName(bad)).toBeNull();
  });
});

it('claims go through the environment, and what is none is left out', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ name, token: fc.integer({ min: 1 }), lease: ulid })), (claims) => {
      expect(parseClaims(formatClaims(claims))).toEqual(claims);
    }),
  );
  for (const bad of [
    undefined,
    '',
    'x',
    'x:1',
    'x:0:01M80EYAB68MWDGWN4XENM9A6N',
    'X:1:01M80EYAB68MWDGWN4XENM9A6N',
    'x:1:y',
  ])
    expect(parseClaims(bad)).toEqual([]);
});

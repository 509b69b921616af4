import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import {
  acquired,
  broken,
  claimOf,
  expiresAt,
  formatClaims,
  formatLease,
  isClaimed,
  isRoot,
  isTaken,
  type LeaseRecord,
  MAX_CHAIN,
  parseClaims,
  parseLease,
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

const name = fc
  .stringMatching(/^[a-z0-9]{1,6}([._-]{0,2}[a-z0-9]{1,4}){0,3}(\/[a-z0-9]{1,6}(\.lock)?){0,2}$/)
  .filter(isLockName);
const ulid = fc.bigInt({ min: 0n, max: 2n ** 80n - 1n }).map((random) => makeUlid(1_750_000_000_000, random));
const text = fc.string({ unit: 'binary', maxLength: 60 });
const holder = fc.record({ name: text, host: text, runId: text }, { requiredKeys: ['name', 'host'] });
const at = fc.integer({ min: 0, max: 4_000_000_000_000 });
const stamp = fc.record({ at, nonce: fc.uuid() });
const wanted = fc.record(
  { name, lease: ulid, holder, ttl: fc.integer({ min: 1, max: 86_400_000 }), reason: text },
  { requiredKeys: ['name', 'lease', 'holder', 'ttl'] },
);

type Step = 'acquire' | 'renew' | 'break' | 'release';
const steps = fc.array(
  fc.tuple(fc.constantFrom<Step>('acquire', 'renew', 'break', 'release'), wanted, stamp),
  { maxLength: 200 },
);

/** The chain that these steps make, those left out that are not possible where they stand. */
function chainOf(
  all: readonly (readonly [Step, ReturnType<typeof made>['0'], { at: number; nonce: string }])[],
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
const made = (want: Omit<LeaseRecord, 'action' | 'token' | 'at' | 'acquiredAt' | 'nonce' | 'length'>) =>
  [want] as const;

describe('the chain of a lock', () => {
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

  it('survives its own text whole, whatever a holder is called', () => {
    fc.assert(
      fc.property(steps, (all) => {
        for (const record of chainOf(all)) expect(parseLease(formatLease(record))).toEqual(record);
      }),
    );
  });

  it('begins anew at its longest, and says so to whoever makes the commit', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let length = 0;
        for (const record of chainOf(all)) {
          length = isRoot(record) ? 1 : length + 1;
          expect(record.length).toBe(length);
          expect(length).toBeLessThanOrEqual(MAX_CHAIN);
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
    const first = acquired(
      null,
      { name: 'x', lease: makeUlid(1, 1n), holder: ada, ttl: 1000 },
      { at: 5, nonce: 'a' },
    );
    const by = { lease: makeUlid(2, 2n), holder: { name: 'bo', host: 'h' }, reason: 'gone' };
    const break_ = broken(first, by, { at: 9, nonce: 'b' });
    expect(break_).toMatchObject({
      ...by,
      action: 'break',
      token: 1,
      previous: { ...ada, token: 1, expiresAt: 1005 },
    });
    expect(
      renewed(acquired(break_, { ...by, name: 'x', ttl: 1 }, { at: 9, nonce: 'c' }), { at: 9, nonce: 'd' }),
    ).not.toHaveProperty('previous');
  });
});

describe('expiry', () => {
  it('comes neither before the commit says so nor before a TTL of looking on', () => {
    fc.assert(
      fc.property(wanted, stamp, at, (want, mark, seen) => {
        const record = acquired(null, want, mark);
        const free = takeoverAt(record, seen);
        expect(free).toBeGreaterThanOrEqual(expiresAt(record));
        expect(free - seen).toBeGreaterThanOrEqual(record.ttl);
        expect([expiresAt(record), seen + record.ttl]).toContain(free);
      }),
    );
  });
});

describe('what is no lease', () => {
  const good = formatLease(
    acquired(
      null,
      { name: 'x', lease: makeUlid(1, 1n), holder: { name: 'a', host: 'h' }, ttl: 1000 },
      { at: 5, nonce: 'n' },
    ),
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
    ['nonce', 'n'.repeat(5000)],
    ['length', 0],
  ])('%s: %j', (key, value) => {
    expect(parseLease(good)).not.toBeNull();
    const [heading, ...body] = good.split('\n\n');
    const changed = { ...JSON.parse(body.join('\n\n')), [key]: value };
    expect(parseLease(`${heading}\n\n${JSON.stringify(changed)}`)).toBeNull();
  });

  it('any text, cut off, too long or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(parseLease(any)).toBeNull();
      }),
    );
    expect(parseLease(good.slice(0, -5))).toBeNull();
    expect(parseLease(`${good}${' '.repeat(70_000)}`)).toBeNull();
    expect(parseLease('x\n\n[]')).toBeNull();
  });
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

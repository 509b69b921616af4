import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareIdentities,
  type Identities,
  isUid,
  kindOf,
  learnedIdentities,
  mergedIdentities,
  saysMore,
  sortedIdentities,
} from '../../../src/model/subject/management-identity.js';

const M1 = 'management-uid:m1';
const M2 = 'management-uid:m2';
const K1 = 'kube-system-uid:k1';
const K2 = 'kube-system-uid:k2';
const A = 'server:https://a.example:6443';
const B = 'server:https://b.example:6443';
const LOCAL = 'server:https://127.0.0.1:6443';

describe('what a management cluster is known by', () => {
  it.each([
    [M1, 'management-uid'],
    [K1, 'kube-system-uid'],
    [A, 'server'],
    ['server:not a url', null],
    ['server:ftp://a.example', null],
    ['management-uid:', null],
    ['management-uid:a\u001b[31m', null],
    ['later-kind:x', null],
    ['', null],
    [`management-uid:${'a'.repeat(600)}`, null],
  ])('%j is of kind %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it('is sorted, the strongest first, and what this version does not know is kept', () => {
    expect(sortedIdentities([A, 'later:x', K1, M1, K1])).toEqual([M1, K1, A, 'later:x']);
  });
});

describe('two sets of identities', () => {
  it.each<[string, Identities, Identities, string]>([
    ['the same Management UID', [M1], [M1, K1, A], 'same'],
    ['another Management UID', [M1, A], [M2, K1, A], 'different'],
    ['a Management object made anew: namespace kube-system outlives it', [M1, K1], [M2, K1], 'same'],
    ['another namespace kube-system, whatever the rest says', [M1, K1, A], [M1, K2, A], 'different'],
    ['UIDs of two kinds', [M1], [K1], 'unknown'],
    ['UIDs of two kinds at one address', [M1, A], [K1, A], 'same-address'],
    ['one address', [A], [M1, K1, A], 'same-address'],
    ['one address in two spellings', [A], ['server:https://A.example:6443/'], 'same-address'],
    ['the default port', ['server:https://a.example'], ['server:https://a.example:443'], 'same-address'],
    ['the names of one machine for itself', [LOCAL], ['server:https://localhost:6443'], 'same-address'],
    ['another port', [LOCAL], ['server:https://127.0.0.1:6444'], 'unknown'],
    ['two addresses: one server may have both', [A], [B], 'unknown'],
    ['two paths of one gateway', [`${A}/one`], [`${A}/two`], 'unknown'],
    ['nothing', [], [M1, K1, A], 'unknown'],
    ['what only a later version knows', ['later:x'], ['later:x'], 'unknown'],
  ])('%s', (_what, a, b, likeness) => {
    expect(compareIdentities(a, b)).toBe(likeness);
    expect(compareIdentities(b, a)).toBe(likeness);
  });
});

describe('what is noted of a cluster that was seen', () => {
  it.each<[string, Identities, Identities, Identities]>([
    ['all that can be read', [], [M1, K1, A], [M1, K1, A]],
    ['UIDs beside the address', [A], [M1, K1, A], [M1, K1, A]],
    ['what the old form has not', [M1], [M1, K1, A], [M1, K1, A]],
    ['another address', [M1, K1, A], [M1, K1, B], [M1, K1, A, B]],
    ['one spelling of an address', [A], [`${A}/`], [A]],
    ['the new UID of a Management object that was made anew', [M1, K1, A], [M2, K1, A], [M2, K1, A]],
    ['no UID that an address alone speaks for', [M1, A], [K2, A], [M1, A]],
    ['the own machine, while nothing else is known', [], [LOCAL], [LOCAL]],
    ['not the own machine any more, once there is a UID', [LOCAL], [M1, K1, LOCAL], [M1, K1]],
    ['what a later version noted', [M1, 'later:x'], [M1, K1], [M1, K1, 'later:x']],
  ])('%s', (_what, recorded, seen, noted) => {
    expect(learnedIdentities(recorded, seen)).toEqual(noted);
  });

  it('is worth a commit where it is a UID, or the first address', () => {
    expect(saysMore([M1], [M1, K1])).toBe(true);
    expect(saysMore([M1, K1], [M1, K1, A])).toBe(true);
    expect(saysMore([M1, K1, A], [M1, K1, A, B])).toBe(false);
    expect(saysMore([M1, K1, A], [M2, K1, A])).toBe(true);
    expect(saysMore([LOCAL], [M1, K1])).toBe(true);
    expect(saysMore([M1, K1], [M1, K1])).toBe(false);
  });

  it('has a bounded number of addresses', () => {
    const many = Array.from({ length: 40 }, (_one, i) => `server:https://a${i}.example`);
    expect(mergedIdentities([M1], many).length).toBeLessThanOrEqual(9);
  });
});

/** A look at cluster `of`: what the user may read, through which address, after how many restores of its Management object. */
const look = fc.record({
  of: fc.nat(2),
  management: fc.boolean(),
  kubeSystem: fc.boolean(),
  address: fc.nat(2),
  restores: fc.nat(2),
});
type Look = typeof look extends fc.Arbitrary<infer T> ? T : never;

const seenBy = ({ of, management, kubeSystem, address, restores }: Look): Identities => [
  ...(management ? [`management-uid:m${of}-${restores}`] : []),
  ...(kubeSystem ? [`kube-system-uid:k${of}`] : []),
  `server:https://c${of}-${address}.example`,
];
const ofCluster = (of: number) => (identity: string) =>
  new RegExp(`^(management-uid:m${of}-\\d|kube-system-uid:k${of}|server:https://c${of}-\\d\\.example)$`).test(
    identity,
  );

describe('any looks at three clusters', () => {
  it('are never taken for one cluster where they are two', () => {
    fc.assert(
      fc.property(look, look, (one, other) => {
        const likeness = compareIdentities(seenBy(one), seenBy(other));
        expect(compareIdentities(seenBy(other), seenBy(one))).toBe(likeness);
        if (one.of !== other.of) expect(['different', 'unknown']).toContain(likeness);
        else if (one.kubeSystem && other.kubeSystem) expect(likeness).toBe('same');
      }),
      { numRuns: 1000 },
    );
  });

  it('teach what is recorded of a cluster nothing of another one, and take no UID of it away', () => {
    fc.assert(
      fc.property(look, fc.array(look, { maxLength: 12 }), (first, looks) => {
        let recorded = learnedIdentities([], seenBy(first));
        for (const one of looks) {
          const seen = seenBy(one);
          if (!['same', 'same-address'].includes(compareIdentities(recorded, seen))) continue;
          const learned = learnedIdentities(recorded, seen);
          expect(learned.every(ofCluster(first.of))).toBe(true);
          const kinds = (some: Identities) => some.filter(isUid).map(kindOf);
          expect(kinds(learned)).toEqual(expect.arrayContaining(kinds(recorded)));
          expect(learnedIdentities(learned, seen)).toEqual(learned);
          recorded = learned;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../../src/errors.js';
import { matchManagement } from '../../../src/k0rdent/management/management.js';
import { ambiguousContexts, type PlacedContext } from '../../../src/k0rdent/management/same-management.js';
import { compareIdentities, type Identities } from '../../../src/model/subject/management-identity.js';

const M1 = 'management-uid:1';
const M2 = 'management-uid:2';
const K1 = 'kube-system-uid:1';
const K2 = 'kube-system-uid:2';
const A = 'server:https://a.example';
const B = 'server:https://b.example';

describe('the recorded management cluster that a context is', () => {
  const match = (seen: Identities, ...recorded: [string, Identities][]) =>
    matchManagement(
      seen,
      recorded.map(([name, identities]) => ({ name, identities })),
      'prod',
    );

  it('is the one with an equal UID, else with an equal address, else the only one that is not contradicted', () => {
    expect(match([M1], ['eu', [M1]], ['us', []])).toEqual({ name: 'eu', match: 'same' });
    expect(match([M1, K1, A], ['eu', [A]], ['us', [K1]])).toEqual({ name: 'us', match: 'same' });
    expect(match([A], ['eu', [M1, A]], ['us', [B]])).toEqual({ name: 'eu', match: 'same' });
    expect(match([M1], ['eu', [M2]], ['us', []])).toEqual({ name: 'us', match: 'new' });
    expect(match([M1], ['eu', [M2]], ['us', [A]])).toEqual({ name: 'us', match: 'unknown' });
    expect(match([B], ['eu', [M1, K1, A]])).toEqual({ name: 'eu', match: 'unknown' });
    expect(match([], ['eu', [A]])).toEqual({ name: 'eu', match: 'unknown' });
    expect(match([M1], ['eu', ['mistyped']])).toEqual({ name: 'eu', match: 'unknown' });
  });

  it('is refused for another cluster, and not guessed between two', () => {
    const other = () => match([M1], ['eu', [M2]]);
    expect(other).toThrow(ClusterError);
    expect(other).toThrow(/another management cluster/);
    expect(() => match([M1])).toThrow(/another management cluster/);
    expect(() => match([M1], ['eu', []], ['us', []])).toThrow(/cannot be told/);
    expect(() => match([A], ['eu', [A]], ['us', [A]])).toThrow(/cannot be told/);
  });

  it('is not told by two addresses, which may be of one server or of two', () => {
    expect(() => match([B], ['eu', [A]])).toThrow(/may read its address alone/);
  });

  it.each([
    ['other-management', () => match([M1], ['eu', [M2]])],
    ['ambiguous-management', () => match([M1], ['eu', []], ['us', []])],
    ['ambiguous-management', () => match([B], ['eu', [A]])],
  ])('%s names kgit identify as the way out', (cause, refused) => {
    try {
      refused();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ data: { cause } });
      expect((error as ClusterError).suggestions.join()).toContain('kgit identify NAME --context prod');
    }
  });
});

describe('contexts of one observation', () => {
  const context = (name: string, identities: Identities, match: PlacedContext['match'] = 'new') => ({
    ...{ context: name, management: 'default', identities, match },
    server: identities.find((one) => one.startsWith('server:'))?.slice('server:'.length) ?? null,
  });
  const refused = (asked: readonly PlacedContext[], beside: readonly PlacedContext[] = []) => [
    ...ambiguousContexts(asked, beside).keys(),
  ];

  it('are one by an equal UID or the same address', () => {
    expect(refused([context('a', [M1, K1, A]), context('b', [K1, B]), context('c', [B])])).toEqual([]);
    expect(refused([context('a', [A]), context('b', [B])])).toEqual(['a', 'b']);
    expect(refused([context('a', [M1, A]), context('b', [M2, A])])).toEqual(['a', 'b']);
  });

  it('are not joined by a third one that both could be', () => {
    const through = [context('a', [K1, A]), context('gateway', [A]), context('b', [K2, A])];
    expect(refused(through)).toEqual(['a', 'gateway', 'b']);
    expect(refused([context('a', [K1, A], 'same'), context('b', [K2, B], 'same')])).toEqual(['a', 'b']);
  });

  it('give way to the one that is recorded, and to those that were asked before', () => {
    expect(refused([context('a', [M1, A], 'same'), context('b', [K2, B], 'unknown')])).toEqual(['b']);
    expect(refused([context('b', [K2, B])], [context('a', [M1, A])])).toEqual(['b']);
  });

  it('never keep one name where UIDs differ, whatever they are', () => {
    const identity = fc.constantFrom(M1, M2, K1, K2, A, B);
    const placed = fc
      .tuple(
        fc.uniqueArray(identity, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('new', 'same', 'unknown'),
      )
      .map(([identities, match]) => ({ identities, match }) as const);
    fc.assert(
      fc.property(fc.array(placed, { minLength: 2, maxLength: 5 }), (all) => {
        const asked = all.map(({ identities, match }, i) => context(`c${i}`, identities, match));
        const errors = ambiguousContexts(asked, []);
        const kept = asked.filter((one) => !errors.has(one.context));
        for (const one of kept)
          for (const other of kept)
            expect(compareIdentities(one.identities, other.identities)).not.toBe('different');
      }),
      { numRuns: 1000 },
    );
  });
});

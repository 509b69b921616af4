import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/errors.js';
import { compareIdentities } from '../../src/k0rdent/identity.js';
import { matchManagement } from '../../src/k0rdent/management.js';

describe('identity of a management cluster', () => {
  it('compares with one of its kind only', () => {
    expect(compareIdentities('management-uid:a', 'management-uid:a')).toBe('same');
    expect(compareIdentities('management-uid:a', 'management-uid:b')).toBe('different');
    expect(compareIdentities('management-uid:a', 'kube-system-uid:a')).toBe('unknown');
    expect(compareIdentities('server:https://a', 'server:https://b')).toBe('different');
  });

  const match = (...recorded: [string, string | null][]) =>
    matchManagement(
      'management-uid:1',
      recorded.map(([name, identity]) => ({ name, identity })),
      'prod',
    );

  it('finds the recorded cluster that it is', () => {
    expect(match(['eu', 'management-uid:1'], ['us', null])).toEqual({ name: 'eu', match: 'same' });
    expect(match(['eu', 'management-uid:2'], ['us', null])).toEqual({ name: 'us', match: 'new' });
    expect(match(['eu', 'management-uid:2'], ['us', 'server:https://u'])).toEqual({
      name: 'us',
      match: 'unknown',
    });
  });

  it('refuses another cluster, and does not guess between two', () => {
    expect(() => match(['eu', 'management-uid:2'])).toThrow(ClusterError);
    expect(() => match(['eu', 'management-uid:2'])).toThrow(/another management cluster/);
    expect(() => match()).toThrow(/another management cluster/);
    expect(() => match(['eu', null], ['us', null])).toThrow(/cannot be told/);
  });
});

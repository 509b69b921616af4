import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import {
  formatSubject,
  isSubdomain,
  legacySlug,
  parseCluster,
  parseSubject,
} from '../../../src/model/subject/subject.js';

describe('subject', () => {
  it('takes what a cluster leaves out from the defaults', () => {
    expect(formatSubject(parseCluster('prod'))).toBe('cluster/default/kcm-system/prod');
    expect(formatSubject(parseCluster('team-a/prod.eu', { management: 'mgmt' }))).toBe(
      'cluster/mgmt/team-a/prod.eu',
    );
    expect(formatSubject(parseSubject('cluster/m/n/c'))).toBe('cluster/m/n/c');
    expect(formatSubject(parseSubject('deployment/k0rdent-abc'))).toBe('deployment/k0rdent-abc');
  });

  it.each([
    '',
    '/',
    'Prod',
    'a_b',
    '-a',
    'a-',
    'a..b',
    '../x',
    'a/b/c/d',
    'x'.repeat(254),
    'a\u001b[31m',
    '.git',
  ])('refuses the cluster %j', (text) => {
    expect(() => parseCluster(text)).toThrow(UsageError);
  });

  it('round-trips every name that the rule allows, and no other leaves its folder', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (!isSubdomain(name)) {
          expect(() => parseSubject(`deployment/${name}`)).toThrow(UsageError);
          return;
        }
        expect(formatSubject(parseSubject(`deployment/${name}`))).toBe(`deployment/${name}`);
      }),
    );
  });

  it('slugs any legacy name to a valid one, distinct names to distinct slugs', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(isSubdomain(legacySlug(a))).toBe(true);
        if (a !== b) expect(legacySlug(a)).not.toBe(legacySlug(b));
      }),
    );
    expect(legacySlug('prod-eu.west-1')).toBe('prod-eu.west-1');
    expect(legacySlug('My_Cluster')).toMatch(/^my-cluster--[a-z2-7]{10}$/);
  });
});

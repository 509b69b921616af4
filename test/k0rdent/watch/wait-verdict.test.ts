import { expect, it } from 'vitest';
import { judge, parseGoal, type Seen } from '../../../src/k0rdent/watch/wait-verdict.js';

const seen = (state: Seen['state'], flags: Seen['flags'] = [], uid = 'a'): Seen => ({ uid, state, flags });

it.each<[string, Parameters<typeof judge>, ReturnType<typeof judge>]>([
  ['ready', ['Ready', null, seen('Ready')], 'reached'],
  ['ready of an older spec', ['Ready', null, seen('Ready', ['stale'])], 'waiting'],
  ['not made yet', ['Ready', null, null], 'waiting'],
  ['gone meanwhile', ['Ready', seen('Provisioning'), null], 'failed'],
  ['deleted meanwhile', ['Ready', seen('Provisioning'), seen('Deleting')], 'failed'],
  ['on its way', ['Ready', null, seen('Provisioning')], 'waiting'],
  ['failed', ['Ready', null, seen('ServicesFailed')], 'failed'],
  ['failed with an older spec', ['Ready', null, seen('Failed', ['stale'])], 'waiting'],
  ['wanted to fail', ['Failed', null, seen('Failed')], 'reached'],
  ['gone', ['deleted', seen('Deleting'), null], 'reached'],
  ['made anew under the name', ['deleted', seen('Deleting'), seen('New', [], 'b')], 'reached'],
  ['not asked to be deleted yet', ['deleted', seen('Ready'), seen('Ready')], 'waiting'],
  ['its deletion fails', ['deleted', seen('Deleting'), seen('DeleteFailing')], 'failed'],
])('%s', (_, args, verdict) => {
  expect(judge(...args)).toBe(verdict);
});

it('reads goals in any case', () => {
  expect(['ready', 'DELETED', 'servicesfailed', 'gone'].map(parseGoal)).toEqual([
    ...['Ready', 'deleted', 'ServicesFailed', undefined],
  ]);
});

import { describe, expect, it } from 'vitest';
import { redisChecks } from '../../../src/backends/redis/redis-checks.js';
import type { RedisFacts } from '../../../src/backends/redis/redis-durability.js';

const SAFE: RedisFacts = {
  program: 'redis',
  version: '7.0.15',
  hasAppendOnlyFile: true,
  fsync: 'always',
  eviction: 'noeviction',
  maxMemory: 0,
  usedMemory: 5 * 1024 * 1024,
  isReplica: false,
  isLoading: false,
};

const failing = (facts: Partial<RedisFacts>) =>
  redisChecks({ ...SAFE, ...facts }).flatMap(({ name, ok, detail }) => (ok ? [] : `${name}: ${detail}`));

describe('the checks of a Redis server', () => {
  it('pass a safe one, and say what it is', () => {
    expect(failing({})).toEqual([]);
    expect(redisChecks(SAFE).map(({ detail }) => detail)).toEqual([
      'redis 7.0.15',
      'append-only file, appendfsync always',
      '5 MiB used, without a limit',
    ]);
  });

  it.each([
    [{ hasAppendOnlyFile: false }, /^durability: .*append-only/],
    [{ eviction: 'allkeys-lru' }, /^durability: .*allkeys-lru/],
    [{ fsync: 'everysec' }, /^durability: appendfsync is everysec/],
    [{ isReplica: true }, /^server: .*replica/],
    [{ maxMemory: 6 * 1024 * 1024 }, /^memory: 5 MiB of 6 MiB/],
  ])('find %j', (facts, expected) => {
    expect(failing(facts)).toEqual([expect.stringMatching(expected)]);
  });

  it('pass one that does not tell its appendfsync', () => {
    expect(failing({ fsync: null, maxMemory: 100 * 1024 * 1024 })).toEqual([]);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { consulChecks } from '../../../src/backends/consul/consul-checks.js';
import { keyedChecks } from '../../../src/backends/doctor/keyed-checks.js';
import { clockCheck, timeOf } from '../../../src/backends/doctor/server-clock.js';
import { isAtLeast } from '../../../src/backends/doctor/versions.js';
import { etcdChecks } from '../../../src/backends/etcd/etcd-checks.js';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { partKey } from '../../../src/backends/keyed/layout.js';
import { MemoryKeySpace } from '../../../src/backends/memory/memory-key-space.js';
import type { Check } from '../../../src/model/value/check.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitProcess } from '../../support/kgit.js';
import { fakeClock, T0 } from '../../support/store-fixtures.js';

const failing = (checks: readonly Check[]) =>
  checks.flatMap(({ name, ok, detail }) => (ok ? [] : [`${name}: ${detail}`]));
const MIB = 1024 * 1024;

describe('the checks of a store over keys', () => {
  it('find parts that an interrupted write left an hour ago', async () => {
    const space = new MemoryKeySpace();
    const store = new KeyedStore(space, { clock: fakeClock(), timeoutMs: 1_000, isRemote: true });
    const parts = (now: number) =>
      Promise.all(keyedChecks(space, store, now, 1_000).map(({ look }) => look()));
    const value = `{"time":${T0},"puts":[]}`;
    await space.write({ expect: new Map(), puts: [{ key: partKey('2-0', 0), value }] });
    expect(failing((await parts(T0 + 1_000)).flat())).toEqual([]);
    const late = (await parts(T0 + 2 * 60 * 60 * 1000)).flat();
    expect(failing(late)).toEqual(['parts: 1 left by interrupted writes']);
    expect(late.map(({ name }) => name)).toEqual(['rights', 'parts']);
  });

  it.each(['sqlite', 'file'])('tell where a %s store is, and find damage', async (backend) => {
    const path = join(temporaryFolder(), 'state');
    const env = { KGIT_REPO: `${backend}:${path}`, KGIT_USER: 'ada' };
    const run = (...args: string[]) => kgitProcess(temporaryFolder(), args, { env });
    expect((await run('init', '--deployment', 'd')).code).toBe(0);
    const doctor = async () =>
      (JSON.parse((await run('doctor', '--json')).stdout).checks as Check[]).filter(({ name }) =>
        ['file-system', 'integrity', 'parts'].includes(name),
      );
    expect((await doctor()).map(({ name, ok }) => [name, ok])).toEqual([
      ['file-system', true],
      ['integrity', true],
      ['parts', true],
    ]);
    const file = backend === 'file' ? join(path, '.journal') : path;
    const content = readFileSync(file);
    // The first page stays whole, so that it is a database still.
    writeFileSync(
      file,
      Buffer.concat([content.subarray(0, backend === 'file' ? 3 : 4_096), Buffer.alloc(4_096, 7)]),
    );
    expect(failing(await doctor()).join()).toMatch(/integrity: .*damaged/);
  });
});

describe('the checks of a server', () => {
  const ETCD = { version: '3.6.1', size: MIB, quota: 100 * MIB, hasLeader: true, alarms: [] };
  const CONSUL = {
    ...{ version: '1.14.11', hasLeader: true, date: undefined },
    ...{ maxValueBytes: 524_288, maxTransactionBytes: 524_288 },
  };

  it('pass what is as it should be, or is not told', () => {
    expect(failing(etcdChecks(ETCD))).toEqual([]);
    expect(failing(etcdChecks({ ...ETCD, quota: null }))).toEqual([]);
    expect(failing(consulChecks(CONSUL))).toEqual([]);
    expect(
      failing(consulChecks({ ...CONSUL, version: null, maxValueBytes: null, maxTransactionBytes: null })),
    ).toEqual([]);
  });

  it.each([
    [etcdChecks({ ...ETCD, version: '3.3.27' }), /^server: etcd 3.3.27 is older than 3.4$/],
    [etcdChecks({ ...ETCD, hasLeader: false }), /^server: .*without a leader/],
    [etcdChecks({ ...ETCD, size: 90 * MIB }), /^quota: 90 MiB of 100 MiB used; a full cluster/],
    [
      etcdChecks({ ...ETCD, quota: null, size: 1_900 * MIB }),
      /^quota: 1900 MiB of 2048 MiB used, if the limit/,
    ],
    [etcdChecks({ ...ETCD, alarms: ['NOSPACE'] }), /^alarms: NOSPACE$/],
    [consulChecks({ ...CONSUL, version: '1.13.9' }), /^server: Consul 1.13.9 is older than 1.14$/],
    [consulChecks({ ...CONSUL, hasLeader: false }), /^server: .*without a leader/],
    [consulChecks({ ...CONSUL, maxTransactionBytes: 1_024 }), /^limits: .*kgit needs 0.5 MiB of both$/],
  ])('find what is not: %#', (checks, expected) => {
    expect(failing(checks)).toEqual([expect.stringMatching(expected)]);
  });

  it('compare versions by number, and clocks by the time in an answer', () => {
    expect([isAtLeast('3.10.0', [3, 4]), isAtLeast('v3.4', [3, 4]), isAtLeast('3.3', [3, 4])]).toEqual([
      ...[true, true, false],
    ]);
    expect(isAtLeast('next', [3, 4])).toBeNull();
    const at = (ms: number) => clockCheck({ clock: fakeClock() }, timeOf(new Date(T0 + ms).toUTCString()));
    expect(failing([at(0), clockCheck({ clock: fakeClock() }, timeOf(undefined))])).toEqual([]);
    expect(failing([at(90_000)])).toEqual([expect.stringMatching(/^clock: this clock is 9\ds behind/)]);
  });
});

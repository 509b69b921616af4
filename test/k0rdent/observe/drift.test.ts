import { describe, expect, it } from 'vitest';
import { findDrift, type RecordedParameters } from '../../../src/k0rdent/observe/drift.js';
import { masked } from '../../../src/model/secret/masked.js';
import type { Value } from '../../../src/model/value/value.js';
import { sample } from '../support.js';

const recorded = (parameters: Record<string, Value>): RecordedParameters =>
  new Map(
    Object.entries(parameters).map(([name, value]) => [
      name,
      { value, timestamp: '2026-08-22T07:31:00Z', action: 'cluster_created' },
    ]),
  );
const live = sample('cld-03-aws-failed-capi.yaml')['spec'] as Record<string, unknown>;
const paths = (parameters: Record<string, Value>, spec = live) =>
  findDrift(recorded(parameters), spec).map(({ kind, path }) => `${kind} ${path}`);

describe('drift of recorded parameters', () => {
  it('is none where the spec holds what was recorded, however it is named', () => {
    expect(
      paths({
        ...{ template: 'aws-standalone-cp-1-0-43', 'spec.credential': 'aws-cred', region: 'us-east-1' },
        ...{ 'config.worker.instanceType': 't3.xlarge', workers_number: '3', publicIP: 'false' },
        ...{ resource_group: 'names nothing of the spec', toString: 'x' },
      }),
    ).toEqual([]);
  });

  it('tells the template from other fields, with both values', () => {
    const drifts = findDrift(recorded({ template: 'old', region: 'eu-west-1', dataSource: 'db' }), live);
    expect(drifts.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'drifted config.region',
      'drifted dataSource',
      'template-changed template',
    ]);
    expect(drifts[0]).toMatchObject({ recorded: 'eu-west-1', live: 'us-east-1' });
    expect(drifts[0]?.detail).toContain('by cluster_created at 2026-08-22T07:31:00Z');
    expect(drifts[1]?.detail).toContain('dataSource is not set');
  });

  it('is not what the server adds: defaults, namespaces of services, data of address management', () => {
    const { config, serviceSpec } = live as Record<string, Value & object>;
    const services = [
      { name: 'ingress-nginx', namespace: 'ingress-nginx', template: 'ingress-nginx-4-13-0' },
    ];
    expect(
      paths({
        config: config as Value,
        serviceSpec: { services },
        propagateCredentials: true,
        ipamClaim: {},
      }),
    ).toEqual([]);
    const other = [
      { name: 'a', template: 't' },
      { name: 'b', template: 't', helmOptions: { wait: true } },
    ];
    const given = [
      { name: 'b', namespace: 'default', template: 't', helmOptions: { wait: true, atomic: false } },
      { name: 'a', namespace: 'default', template: 't' },
    ];
    expect(
      paths({ serviceSpec: { services: other } }, { serviceSpec: { services: given, priority: 100 } }),
    ).toEqual([]);
    expect(
      paths({ serviceSpec: { services: other } }, { serviceSpec: { services: given.slice(1) } }),
    ).toHaveLength(1);
    expect(paths({ config: { a: 1 } }, { config: { a: 1, ipamEnabled: true, ranges: [] } })).toEqual([]);
    expect(paths({ config: { a: 1 } }, { config: { a: 1, b: 2 } })).toEqual(['drifted config.b']);
    expect(serviceSpec).toBeDefined();
  });

  it('tells where in a config, and hides no change behind a secret beside it', () => {
    const config = { region: 'eu', worker: { size: 'L', password: 'hunter2-live' }, extra: 1 };
    const given = { region: 'eu', worker: { size: 'S', password: 'hunter2-base' } };
    const found = findDrift(recorded({ config: given }), { config });
    expect(found.map((one) => [one.path, one.recorded, one.live])).toEqual([
      ['config.extra', null, 1],
      ['config.worker.password', '***', '***'],
      ['config.worker.size', 'S', 'L'],
    ]);
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, i]));
    expect(findDrift(recorded({ config: {} }), { config: many })).toHaveLength(1);
  });

  it('masks secrets in either value', () => {
    const text = JSON.stringify(
      findDrift(recorded({ 'config.vsphere.password': 'hunter2-then' }), {
        config: { vsphere: { password: 'hunter2-now' } },
      }),
    );
    expect(text).toContain('***');
    expect(text).not.toContain('hunter2');
  });
});

describe('a masked config', () => {
  it('hides secrets by name and by shape, at any depth, and nothing else', () => {
    const config = {
      vsphere: { username: 'administrator@vsphere.local', password: 'hunter2-a' },
      env: [{ name: 'DB_PASSWORD', value: 'hunter2-b' }],
      manifest: { kind: 'Secret', data: { anything: 'aHVudGVyMi1j' } },
      values: 'auth:\n  password: hunter2-d\nreplicas: 3\n',
      region: 'us-east-1',
      workersNumber: 3,
    };
    const shown = masked(config, ['config']) as typeof config;
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|aHVudGVyMi1j/);
    expect(shown).toMatchObject({ region: 'us-east-1', workersNumber: 3, vsphere: { password: '***' } });
    expect(shown.env[0]?.name).toBe('DB_PASSWORD');
    const { config: harmless } = live;
    expect(masked(harmless, ['config'])).toEqual(harmless);
  });
});

import { describe, expect, it } from 'vitest';
import { clusterOfFileName, recogniseName } from '../../../src/sync/read/legacy-family.js';

describe('recogniseName', () => {
  it.each([
    ['deployment-state.yaml', 'deployment-state'],
    ['deployment-events.yaml', 'deployment-events'],
    ['azure-state.yaml', 'azure-state'],
    ['azure-events.yaml', 'azure-events'],
    ['kof-state.yaml', 'kof-state'],
    ['kof-events.yaml', 'kof-events'],
    ['cluster-a-events.yaml', 'cluster-events'],
    ['cluster-prod-eu.west-1-events.yaml', 'cluster-events'],
    ['cluster-foo-state-events.yaml', 'cluster-events'],
    ['cluster-a-state.yaml', 'cluster-state'],
    ['deployment-history.yaml', 'deployment-history'],
    ['.clusterid', 'deployment-name'],
    ['.project-suffix', 'deployment-name'],
    ['.k0rdent-suffix', 'deployment-name'],
    ['azure-resource-manifest.csv', 'resource-manifest'],
    ['wg-key-manifest.csv', 'wireguard-manifest'],
    ['wireguard-port.txt', 'wireguard-port'],
    ['.setup-complete', 'vpn-setup'],
    ['.vpn-setup-complete', 'vpn-setup'],
  ])('%s is %s', (name, family) => {
    expect(recogniseName(name)).toEqual({ kind: 'family', family, archive: null });
  });

  it.each([
    [
      'old_deployments',
      'k0rdent-x_20250608_184228_completed.yaml',
      'deployment-state',
      'k0rdent-x',
      'completed',
    ],
    ['', 'k0rdent-x_20250608_184228_reset_events.yaml', 'deployment-events', 'k0rdent-x', 'reset'],
    ['', 'my_odd_id_20250608_184228_some_reason.yaml', 'deployment-state', 'my_odd_id', 'some_reason'],
    ['k0rdent-x_2025-07-18_18-15-33', 'deployment-state.yaml', 'deployment-state', 'k0rdent-x', null],
    [
      'k0rdent-x_2025-07-24_10-36-30_fast-reset',
      'azure-events.yaml',
      'azure-events',
      'k0rdent-x',
      'fast-reset',
    ],
    ['_2025-07-18_18-15-38', 'deployment-events.yaml', 'deployment-events', null, null],
    ['null_2025-07-30_18-00-00_deployment', 'kof-state.yaml', 'kof-state', null, 'deployment'],
    [
      'unknown_2025-12-06_18-00-22_full-reset',
      'deployment-state.yaml',
      'deployment-state',
      null,
      'full-reset',
    ],
  ])('%s/%s is an archive: %s of %s, %s', (folder, name, family, id, reason) => {
    const archive = {
      id,
      reason,
      name: folder.includes('20') ? folder : name.replace(/(_events)?\.yaml$/, ''),
    };
    expect(recogniseName(name, folder)).toEqual({ kind: 'family', family, archive });
  });

  it('takes no file of a cluster or of the history for part of an archive', () => {
    const folder = 'k0rdent-x_2025-07-18_18-15-33';
    expect(recogniseName('cluster-a-events.yaml', folder)).toMatchObject({ archive: null });
    expect(recogniseName('deployment-history.yaml', folder)).toMatchObject({ archive: null });
  });

  it.each([
    'laptop_privkey',
    'laptop_pubkey',
    'deployment-state.yml',
    'my-deployment-state.yaml',
    'cluster--events.yaml',
    'values.yaml',
  ])('%s is reported, not guessed at', (name) => {
    expect(recogniseName(name).kind).toBe('unsupported');
  });

  it.each([
    'notifier-deployment.pid',
    'notifier-deployment.log',
    'notifier-deployment-last-processed',
    'test-deployment-events.yaml',
    'README.md',
    'deployment-state.yaml.bak',
  ])('%s is no state', (name) => {
    expect(recogniseName(name).kind).toBe('ignored');
  });

  it('takes the name of a cluster from that of its file', () => {
    expect(clusterOfFileName('cluster-foo-state-events.yaml')).toBe('foo-state');
    expect(clusterOfFileName('cluster-prod-eu.west-1-events.yaml')).toBe('prod-eu.west-1');
  });
});

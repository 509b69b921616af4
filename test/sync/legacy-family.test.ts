import { describe, expect, it } from 'vitest';
import { clusterOfFileName, recogniseName } from '../../src/sync/legacy-family.js';

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
  ])('%s is %s', (name, family) => {
    expect(recogniseName(name)).toEqual({ kind: 'family', family });
  });

  it.each([
    'cluster-a-state.yaml',
    'deployment-history.yaml',
    'k0rdent-x_20250608_184228_completed.yaml',
    'k0rdent-x_20250608_184228_completed_events.yaml',
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

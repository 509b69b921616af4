import { describe, expect, it } from 'vitest';
import { foldLifecycle, type LifecycleEvent } from '../../../src/model/event/lifecycle.js';

let minute = 0;
function event(action: string, more: Partial<LifecycleEvent> = {}): LifecycleEvent {
  minute += 1;
  return { action, timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(), ...more };
}
const word = (...events: LifecycleEvent[]) => foldLifecycle(events).lifecycle;

describe('lifecycle of a cluster by its events', () => {
  it.each([
    ['cluster_created', 'created'],
    ['cluster_deployment_created', 'created'],
    ['cluster_deleted', 'deleted'],
    ['cluster_vanished', 'deleted'],
    ['cluster_scaled', null],
    ['constructor', null],
  ])('%s: %s', (action, lifecycle) => {
    expect(word(event(action))).toBe(lifecycle);
  });

  it('follows the last word, with its time', () => {
    const deleted = event('cluster_deleted');
    const events = [event('cluster_created'), deleted, event('note')];
    expect(foldLifecycle(events)).toEqual({
      lifecycle: 'deleted',
      at: deleted.timestamp,
      importedOnly: false,
    });
    expect(foldLifecycle([])).toEqual({ lifecycle: null, at: null, importedOnly: false });
  });

  it('lets the field lifecycle go before the action', () => {
    expect(word(event('cluster_created', { lifecycle: 'deleted' }))).toBe('deleted');
    expect(word(event('provisioned', { lifecycle: 'created' }))).toBe('created');
    expect(word(event('cluster_created', { lifecycle: 'whatever' }))).toBe('created');
  });

  it('counts neither failed attempts nor dry runs', () => {
    expect(word(event('cluster_created', { outcome: 'failed' }))).toBeNull();
    expect(word(event('cluster_created', { parameters: { dry_run: true } }))).toBeNull();
    expect(word(event('cluster_created', { parameters: { dry_run: false } }))).toBe('created');
    expect(word(event('cluster_created'), event('cluster_deleted', { outcome: 'failed' }))).toBe('created');
  });

  it('takes back the start of an attempt that failed, and no other', () => {
    const started = { outcome: 'started' };
    const failed = { outcome: 'failed' };
    expect(word(event('cluster_created', started))).toBe('created');
    expect(word(event('cluster_created', started), event('cluster_created', failed))).toBeNull();
    expect(word(event('cluster_created'), event('cluster_created', failed))).toBe('created');
    expect(word(event('cluster_created', started), event('cluster_deleted', failed))).toBe('created');
    const succeeded = event('cluster_created', { outcome: 'succeeded' });
    expect(word(event('cluster_created', started), succeeded, event('cluster_created', failed))).toBe(
      'created',
    );
  });

  it('knows a history that was imported and never gone on with', () => {
    const imported = { source: { file: 'clusters/a-events.yaml' } };
    expect(foldLifecycle([event('cluster_created', imported)]).importedOnly).toBe(true);
    expect(foldLifecycle([event('cluster_created', imported), event('note')]).importedOnly).toBe(false);
  });
});

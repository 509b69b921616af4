import { expect, it } from 'vitest';
import type { MonitorHealth } from '../../../src/app/monitor/monitor.js';
import { HealthNotes } from '../../../src/cli/notes/health-notes.js';
import { ClusterError, EnvironmentError, RemoteError } from '../../../src/errors.js';
import { memoryMonitor } from '../../support/serve/memory-monitor.js';

it('tells once what went away, what else is wrong with it, and that it is back', async () => {
  const told: string[] = [];
  const notes = new HealthNotes((message) => told.push(message));
  const { health } = await memoryMonitor();
  const hub = { context: 'hub', management: 'eu', observedAt: null };
  const look = (more: Partial<MonitorHealth>) => notes.look({ ...health, ...more });
  const [away, refused] = [new RemoteError('cannot reach git.example.com'), new RemoteError('401')].map(
    (one) => one.toJSON(),
  );
  look({});
  look({ repository: { ...health.repository, error: away ?? null } });
  look({ repository: { ...health.repository, error: away ?? null } });
  look({ repository: { ...health.repository, error: refused ?? null } });
  look({ contexts: [{ ...hub, error: new ClusterError('context "hub": no answer').toJSON() }] });
  look({ contexts: [{ ...hub, error: null }] });
  const full = new EnvironmentError('the disk is full').toJSON();
  look({ journal: { ...health.journal, error: full } });
  look({});
  expect(told).toEqual([
    'the repository: cannot reach git.example.com; trying again',
    'the repository: 401; trying again',
    'the repository: back again',
    'context "hub": no answer; trying again',
    'context "hub": back again',
    'the journal of news: the disk is full; trying again',
    'the journal of news: back again',
  ]);
});

import { expect, it } from 'vitest';
import type { KgitEvent } from '../../../src/model/event/event.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { planExport } from '../../../src/sync/export/plan-export.js';

const event = (more: Partial<KgitEvent>): KgitEvent => ({
  id: '01JZXK5B7Q3M8N2V4C6D9F0G1H',
  timestamp: '2025-07-11T14:30:00Z',
  action: 'state_imported',
  ...more,
});
const values = { deployment_id: 'dep-x', last_updated: 'now' };
const stateFrom = (place: string, withheld: readonly string[] = []) =>
  planExport([
    {
      subject: deployment('dep-x'),
      state: { deployment: values },
      events: [event({ source: { files: [{ family: 'deployment-state', place, withheld, values }] } })],
      secrets: new Map(),
      locked: [],
    },
  ]);

it.each([
  '../deployment-state.yaml',
  '/etc/deployment-state.yaml',
  'old_deployments/../../x.yaml',
  'old_deployments/..',
  'old_deployments/a/b/c.yaml',
  'azure-state.yaml',
  '',
])('an event leads no file to %j', (place) => {
  expect(stateFrom(place).map(({ path }) => path)).toEqual(['state/deployment-state.yaml']);
});

it('a file goes where it was, and a place that cannot be read is left out', () => {
  const [file] = stateFrom('deployment-state.yaml', ['a b', '***', 'ssh_key']);
  expect(file).toMatchObject({ path: 'deployment-state.yaml', withheld: ['ssh_key'], data: values });
});

it.each(['../../x', 'a/b', '..'])('an archive is not exported to %j', (archive) => {
  const parameters = { archive, state: values };
  const archived = event({ source: { imported_from: 'deployment-archive' }, parameters });
  const [subject, secrets] = [deployment('dep-x'), new Map()];
  expect(planExport([{ subject, state: null, events: [archived], secrets, locked: [] }])).toEqual([]);
});

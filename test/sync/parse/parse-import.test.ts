import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import { eventFile, finder, legacyFile, MemoryRepository } from '../import-support.js';

describe('parseImport', () => {
  const plan = (files: Parameters<MemoryRepository['plan']>[0], settings = {}) =>
    new MemoryRepository().plan(files, 'fail', settings);

  it('names file, line and column of broken YAML, and refuses unless told to skip', async () => {
    const broken = legacyFile('deployment-state.yaml', 'deployment_id: x\nphase: [a\n');
    const good = eventFile([{ timestamp: '2025-12-04T01:00:00Z', action: 'a' }]);
    const refused = await plan([broken, good]);
    expect(refused.files[0]?.error).toMatchObject({ code: 'INVALID_STATE', line: 3, column: 1 });
    expect(refusalOf(refused)?.message).toContain('state/deployment-state.yaml:3:1: ');
    const skipped = await plan([broken, good], { skipInvalid: true });
    expect(refusalOf(skipped)).toBeNull();
    expect(skipped.parts[0]?.events).toHaveLength(1);
  });

  it('names the entries that are none', async () => {
    const entries = [
      'text',
      { timestamp: '2025-12-04T01:00:00', action: 'no_zone' },
      { timestamp: 1764810300, action: 'epoch' },
      { action: 'none' },
      { timestamp: '2025-12-04T01:00:00Z', message: 'no action' },
      { timestamp: '2025-12-04T01:00:00Z', action: 'good' },
    ];
    const refused = await plan([eventFile(entries)]);
    expect(refused.files[0]?.error?.message).toContain('events.0 is not a mapping; events.1 has a timestamp');
    const skipped = await plan([eventFile(entries)], { skipInvalid: true });
    expect(skipped.files[0]?.events).toEqual({ found: 6, new: 1, duplicate: 0 });
    expect(skipped.files[0]?.warnings).toHaveLength(5);
  });

  it.each([
    ['azure-state.yaml', '- a\n', 'is not a mapping'],
    ['azure-events.yaml', 'events: none\n', 'events is not a list'],
    ['kof-state.yaml', 'just text\n', 'is not a mapping'],
    ['deployment-state.yaml', 'a: [\n', 'must be sufficiently indented'],
  ])('says what is wrong with the shape of %s', async (name, text, message) => {
    const { files } = await plan([legacyFile(name, text)], { deployment: 'k0rdent-x' });
    expect(files[0]?.error?.message).toContain(message);
  });

  it.each([
    ['other.yaml', 'a: 1\n'],
    ['laptop_privkey', 'secret'],
  ])('reports the shape of %s and guesses nothing', async (name, text) => {
    const { files, parts } = await plan([legacyFile(name, text)]);
    expect(files[0]).toMatchObject({ family: 'unknown', subject: null, error: null });
    expect(files[0]?.warnings).toHaveLength(1);
    expect(parts).toEqual([]);
  });

  it('asks for the deployment of files that name none', async () => {
    const azure = legacyFile('azure-state.yaml', 'azure_client_id: a\n');
    const asked = await plan([azure]);
    expect(refusalOf(asked)).toBeInstanceOf(UsageError);
    expect(refusalOf(asked)?.suggestions.join()).toContain('--deployment');
    expect((await plan([azure], { deployment: 'k0rdent-y' })).files[0]?.subject).toBe('deployment/k0rdent-y');
    const beside = await plan([azure, eventFile([])]);
    expect(beside.files[0]?.subject).toBe('deployment/k0rdent-x');
    const elsewhere = await plan([{ ...azure, folder: 'other' }, eventFile([])]);
    expect(refusalOf(elsewhere)).toBeInstanceOf(UsageError);
  });

  it('refuses a file that names another deployment than the user', async () => {
    const refused = await plan([eventFile([])], { deployment: 'k0rdent-y' });
    expect(refusalOf(refused)?.message).toContain('belongs to deployment k0rdent-x, not to k0rdent-y');
  });

  it('warns of azure files older than the deployment beside them', async () => {
    const azure = legacyFile(
      'azure-state.yaml',
      'azure_client_id: a\nlast_updated: "2025-01-01T00:00:00Z"\n',
    );
    const state = legacyFile(
      'deployment-state.yaml',
      'deployment_id: x\ncreated_at: "2025-12-04T01:00:00Z"\n',
    );
    expect((await plan([azure, state])).files[0]?.warnings.join()).toContain('older than the deployment');
  });

  it('keeps an event whose text held a secret, with a marker in its place', async () => {
    const secret = 'hunter2-and-more';
    const secrets = finder((text) => text.includes(secret), 'password');
    const entries = [
      { timestamp: '2025-12-04T01:00:00Z', action: 'a', message: `it is ${secret}`, note: 'kept' },
    ];
    const withheld = await new MemoryRepository().plan([eventFile(entries)], 'fail', { secrets });
    expect(withheld.files[0]?.withheld).toEqual(['events.0.message']);
    expect(withheld.parts[0]?.events[0]?.event).toMatchObject({
      message: '<withheld: password>',
      note: 'kept',
    });
    expect(JSON.stringify(withheld)).not.toContain(secret);
    const renamed = finder((text) => text.includes(secret), 'value of "x"');
    const other = await new MemoryRepository().plan([eventFile(entries)], 'fail', { secrets: renamed });
    expect(other.parts[0]?.events[0]?.event.id).toBe(withheld.parts[0]?.events[0]?.event.id);
  });
});

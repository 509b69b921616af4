import { beforeEach, describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../src/model/event/event.js';
import {
  type Operation,
  operationToJson,
  type SecretWrites,
} from '../../../src/model/operation/operation.js';
import { operationFromJson } from '../../../src/model/operation/operation-schema.js';
import { cluster, deployment, formatSubject, type Subject } from '../../../src/model/subject/subject.js';
import { secretFile } from '../../../src/model/team-secret/secret-name.js';
import { changedRecipients } from '../../../src/model/team-secret/sops-config.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { applyOperation } from '../../../src/store/plan/apply-operation.js';
import { EventFinder } from '../../../src/store/read/event-finder.js';
import { readEvents } from '../../../src/store/read/records.js';
import { MemoryRepository } from '../../sync/import-support.js';

const DEPLOYMENT = deployment('k0rdent-x');
const CLUSTER = cluster('mgmt', 'kcm', 'c1');
const TIME = Date.UTC(2026, 0, 1);
const ADA = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const id = (n: number) => makeUlid(TIME, BigInt(n));

function sealed(subject: Subject, event: string, files: Record<string, string | null>): SecretWrites {
  const writes = Object.entries(files).map(([path, text]) => ({ path, text }));
  return { subject, event, recipients: [`age:${ADA}`], files: writes };
}

function operation(subjects: readonly (readonly [Subject, string])[], more: Partial<Operation>): Operation {
  const events = subjects.map(([subject, event]) => ({
    subject,
    event: { id: event, timestamp: formatTimestamp(TIME), action: 'noted', source: { operation: id(1) } },
  }));
  return {
    ...{ id: id(1), time: TIME, actor: { name: 'ada', email: 'ada@example.com' }, title: 'noted' },
    events,
    ...more,
  };
}

describe('the secrets of an operation', () => {
  let repository: MemoryRepository;
  const apply = async (made: Operation) => {
    const tip = { view: repository, at: async () => null, events: new EventFinder(repository) };
    const applied = await applyOperation(made, tip);
    if (applied.kind === 'commit') repository.write(applied.files);
    return applied;
  };
  const changesOf = async (subject: Subject) =>
    (await readEvents(repository, subject)).map((event) => event.read().changes);
  beforeEach(() => {
    repository = new MemoryRepository();
    const change = { add: [{ kind: 'age', id: ADA }], remove: [] } as const;
    repository.write(new Map([['.sops.yaml', changedRecipients(null, change)]]));
  });

  it('are those of several subjects, each recorded by its own event', async () => {
    const secrets = [
      sealed(DEPLOYMENT, id(2), { 'azure.client_secret': 'SEALED-1' }),
      sealed(CLUSTER, id(3), { password: 'SEALED-2' }),
    ];
    const made = operation(
      [
        [DEPLOYMENT, id(2)],
        [CLUSTER, id(3)],
      ],
      { secrets },
    );
    expect(operationFromJson(JSON.parse(JSON.stringify(operationToJson(made))))).toEqual(made);
    await apply(made);
    expect(await repository.read(secretFile(DEPLOYMENT, 'azure.client_secret'))).toBe('SEALED-1');
    expect(await repository.read(secretFile(CLUSTER, 'password'))).toBe('SEALED-2');
    expect(await changesOf(DEPLOYMENT)).toEqual([[{ path: 'azure.client_secret', secret: true }]]);
    expect(await changesOf(CLUSTER)).toEqual([[{ path: 'password', secret: true }]]);
    expect((await apply(made)).kind, formatSubject(CLUSTER)).toBe('present');
  });

  it('go with the event that carries the change of state', async () => {
    const logged = operation([[DEPLOYMENT, id(2)]], {});
    await apply(logged);
    const change = { deployment: DEPLOYMENT.id, event: id(2), otherwise: id(4), preconditions: [] };
    const edits = [{ op: 'set', path: ['azure', 'location'], value: 'westeurope' }] as const;
    const other = operation(
      [
        [DEPLOYMENT, id(2)],
        [DEPLOYMENT, id(4)],
      ],
      {
        change: { ...change, edits },
        secrets: [sealed(DEPLOYMENT, id(2), { 'azure.client_secret': 'SEALED' })],
      },
    );
    const events = other.events.map((write) => ({
      ...write,
      given: [],
      event: { ...write.event, source: { operation: id(9) } },
    }));
    await apply({ ...other, id: id(9), events });
    expect((await changesOf(DEPLOYMENT)).at(-1)).toEqual([
      { path: 'azure.location', after: 'westeurope' },
      { path: 'azure.client_secret', secret: true },
    ]);
  });

  it('become readable only after an operation that removes them', async () => {
    await apply(
      operation([[DEPLOYMENT, id(2)]], {
        secrets: [sealed(DEPLOYMENT, id(2), { 'azure.client_secret': 'SEALED' })],
      }),
    );
    const edits = [{ op: 'set', path: ['azure', 'client_secret'], value: 'none' }] as const;
    const change = { deployment: DEPLOYMENT.id, event: id(5), edits, preconditions: [] };
    const readable = operation([[DEPLOYMENT, id(5)]], { change });
    await expect(apply(readable)).rejects.toThrow('is not written in the clear');
    const both = { ...readable, secrets: [sealed(DEPLOYMENT, id(5), { 'azure.client_secret': null })] };
    await expect(apply(both)).rejects.toThrow('is not written in the clear');
    const above = {
      ...change,
      edits: [{ op: 'set', path: ['azure'], value: { client_secret: 'x' } }] as const,
    };
    await expect(apply({ ...both, change: above })).rejects.toThrow('is not written in the clear');
    const removed = operation([[DEPLOYMENT, id(4)]], {
      secrets: [sealed(DEPLOYMENT, id(4), { 'azure.client_secret': null })],
    });
    await apply(removed);
    await apply(readable);
    expect(await repository.read(secretFile(DEPLOYMENT, 'azure.client_secret'))).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { agentOf } from '../../src/mcp/agent.js';
import { agentWriting } from '../../src/mcp/agent-writing.js';
import { fitted, MAX_DOCUMENT_BYTES } from '../../src/mcp/answers/fitted.js';
import { plainText, plainValue } from '../../src/mcp/answers/plain-text.js';
import { jsonBytes } from '../../src/mcp/answers/shrunk.js';
import { pageOf } from '../../src/mcp/tools/page-of.js';
import { memoryContext } from '../support/memory-context.js';
import { checkResult } from '../support/schemas.js';

/** Long enough that few of it fill a document. */
const LONG = 'é'.repeat(9_000);
const ID = '01K0ZXK5B7Q3M8N2V4C6D9F0G1';
const head = (kind: string) => ({
  ...{ apiVersion: 'kgit/v1', kind, notice: 'data' },
  repository: { revision: 'a'.repeat(40), fetchedAt: null, pending: 0 },
});
/** An event whose every part is large, with fields that kgit does not know. */
const largeEvent = {
  ...{ id: ID, timestamp: '2026-07-11T10:00:00Z', action: 'up', user: 'ada', message: LONG, notes: LONG },
  parameters: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, 'x'.repeat(150)])),
  changes: Array.from({ length: 500 }, (_, i) => ({ path: `a.b${i}`, before: [LONG], after: i })),
  ...Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`own_${i}`, { a: { b: 'x'.repeat(100) } }])),
};

function listResult() {
  const subject = 'cluster/default/kcm-system/prod';
  const items = [{ subject, events: 3, lastEvent: { ...largeEvent, subject } }];
  return {
    document: { ...head('ListResult'), items, next: null },
    rows: { key: 'items', keep: 'first', next: () => subject } as const,
  };
}

const cluster = (i: number) => ({
  ...{ management: 'default', namespace: 'kcm-system', name: `c${i}`, state: 'Ready', flags: [], uid: null },
  ready: { status: 'True', reason: null, message: LONG },
  ...{ services: { ready: 0, total: 0 }, template: null, region: null, createdAt: null, since: null },
  findings: Array.from({ length: 20 }, () => ({ kind: 'unreachable', from: 'Machine', message: LONG })),
  why: LONG,
  upgrades: [],
  labels: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`label${at}`, 'x'.repeat(60)])),
  lastEvent: largeEvent,
});

function statusParts(contexts: number) {
  return {
    contexts: Array.from({ length: contexts }, (_, i) => ({
      ...{ context: `context-${i}`, management: null, identity: null, identities: [], match: null },
      observedAt: '2026-07-11T10:00:00Z',
      namespaces: { seen: '*', denied: Array.from({ length: 50 }, (_, at) => `namespace-${at}`) },
      k0rdent: null,
      error: { code: 'CLUSTER', message: LONG, exitCode: 17, suggestions: [LONG], data: { LONG } },
    })),
    divergence: Array.from({ length: 200 }, (_, i) => ({
      ...{ kind: 'drifted', management: 'default', namespace: 'kcm-system', name: `c${i}`, detail: LONG },
      ...{ path: 'config', recorded: { LONG }, live: LONG },
    })),
  };
}

function statusResult(contexts: number) {
  const clusters = [cluster(0), cluster(1)];
  return {
    document: { ...head('StatusResult'), ...statusParts(contexts), clusters, next: null },
    rows: { key: 'clusters', keep: 'first', next: (kept: readonly unknown[]) => kept.length } as const,
  };
}

function explained() {
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'X',
    message: LONG,
    since: null,
    meaning: 'fine',
  };
  const detail = {
    ...{ cause: { from: 'condition', message: LONG }, contradictions: [], deletion: null, services: [] },
    conditions: Array.from({ length: 300 }, () => condition),
    ...{ upgrades: [], kubernetesVersion: null, credential: null, config: { LONG }, eventsSeen: true },
    related: [{ kind: 'Machine', namespace: null, name: 'm', state: 'bad', problems: Array(90).fill(LONG) }],
  };
  const entry = { time: '2026-07-11T10:00:00Z', source: 'kgit', what: 'up', message: LONG, who: 'ada' };
  const timeLine = Array.from({ length: 100 }, () => ({ ...entry, isBad: false, count: 1 }));
  const clusters = [cluster(0)];
  const skipped = Array.from({ length: 100 }, (_, i) => ({ path: `clusters/${i}`, message: LONG }));
  return {
    document: {
      ...{ ...head('StatusResult'), ...statusParts(3), clusters, detail, timeLine, recorded: 'created' },
      skipped,
    },
    rows: { key: 'timeLine', keep: 'last' } as const,
  };
}

function changed() {
  const rows = [
    { path: 'deployment.list', before: 1, after: Array(6_000).fill('abcdefghijklmnopqrstuvwxyz') },
    ...Array.from({ length: 99 }, (_, i) => ({ path: `deployment.a${i}`, before: LONG, after: 2 })),
  ];
  return {
    document: {
      ...{ ...head('SetResult'), subject: 'deployment/dep-a', changed: rows, operation: ID },
      ...{ revision: null, delivery: 'queued', attempts: 1, notes: Array(60).fill(LONG) },
    },
    rows: { key: 'changed', keep: 'all' } as const,
  };
}

describe('texts', () => {
  it('keep what people write, and lose what they cannot see', () => {
    expect(plainText('a\tb\nc é 漢 👍 "q"')).toBe('a\tb\nc é 漢 👍 "q"');
    expect(plainText('a\u0000\u001b[31m\u0085\u00ad\u200d\u2028\u2066\ufe01\u{e0041}\u{e01ef}b')).toBe(
      'a[31mb',
    );
  });

  it('of keys show it, so that none hides another', () => {
    const { value } = plainValue({ phase: 1, 'phase\u200b': 2, ['__proto__']: 3 });
    expect(JSON.stringify(value)).toBe('{"phase":1,"phase\\\\u{200b}":2,"__proto__":3}');
  });
});

describe('a document that is too large', () => {
  const rows = { key: 'events', keep: 'last', next: (kept: readonly unknown[]) => kept.length } as const;

  it('loses rows from the far end', () => {
    const events = Array.from({ length: 30 }, (_, i) => ({ i, notes: 'é'.repeat(4_000) }));
    const shown = fitted({ kind: 'LogResult', events, next: null }, rows);
    expect(jsonBytes(shown)).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
    expect(shown).toMatchObject({ truncated: true, next: 10 });
    expect(shown['events']).toEqual(events.slice(-10));
  });

  it('keeps one row, whatever it holds', () => {
    const parameters = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'x'.repeat(900)]));
    const shown = fitted({ events: [{ id: 'a', parameters, changes: [] }] }, rows);
    expect(shown['events']).toEqual([
      { id: 'a', parameters: { '…': expect.stringMatching(/^\(left out: \d+ bytes\)$/) }, changes: [] },
    ]);
  });

  it.each([
    ['a list of subjects', listResult],
    ['a status of many clusters', () => statusResult(400)],
    ['a status with too much beside its clusters', () => statusResult(1)],
    ['an explanation', explained],
    ['a change', changed],
  ])('is valid after it was cut: %s', (_, large) => {
    const { document, rows: cut } = large();
    expect(jsonBytes(document)).toBeGreaterThan(2 * MAX_DOCUMENT_BYTES);
    checkResult(document);
    const shown = fitted(document, cut);
    checkResult(shown);
    expect(jsonBytes(shown)).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
    expect(shown['truncated']).toBe(true);
    const rowsOf = shown[cut.key];
    expect(Array.isArray(rowsOf) && rowsOf.length).toBeGreaterThan(0);
  });

  it('of a change names every path, and no value in part', () => {
    const { document, rows: cut } = changed();
    const { changed: rowsOf } = fitted(document, cut);
    const leftOut = expect.stringMatching(/^\(left out: \d+ bytes\)$/);
    expect(rowsOf).toEqual([
      { path: 'deployment.list', before: 1, after: leftOut },
      ...Array.from({ length: 99 }, (_, i) => ({ path: `deployment.a${i}`, before: leftOut, after: 2 })),
    ]);
  });

  it('is refused if it has no rows', () => {
    expect(() => fitted({ value: Array(9_000).fill('0123456789') })).toThrow('more than 81920');
  });
});

describe('pages', () => {
  const all = [0, 1, 2, 3, 4];

  it.each([
    ['first', 0, [0, 1], 2],
    ['first', 4, [4], null],
    ['last', 0, [3, 4], 2],
    ['last', 4, [0], null],
    ['last', 9, [], null],
  ] as const)('from the %s behind %i', (from, skip, items, next) => {
    expect(pageOf('rows', all, { limit: 2, skip }, from)).toMatchObject({ items, next });
  });
});

describe('agents', () => {
  it('have clean names', () => {
    const named = (name: string, user?: string) => agentOf(user, { name, version: '1' }).name;
    expect(named('claude-code')).toBe('claude-code');
    expect(named('a@b.c\u202e\n<x>')).toBe('a-b.c -x-');
    expect(named('')).toBe('mcp-agent');
    expect(named('x'.repeat(500))).toHaveLength(64);
    expect(named('claude-code', 'deploy')).toBe('deploy');
    expect(agentOf(undefined, undefined)).toEqual({ name: 'mcp-agent', client: null });
  });

  it.each([
    ['claude-code', 'claude-code', /^claude-code@/],
    ['Ada', 'Ada (mcp)', /^ada\.mcp\.@/],
    ['ada ', 'ada  (mcp)', /^ada\.mcp\.@/],
    ['Grace', 'Grace (mcp)', /^grace\.mcp\.@/],
  ])('never write in the name of a person: %s', async (name, user, email) => {
    const { context, read, clock, ids } = memoryContext({ user: 'Grace' });
    const served = { ...(await read()), rewrites: [] };
    const identity = { name: 'Ada', email: 'ada@example.com' };
    const parts = { environment: {}, ids, now: () => clock.now(), publishLater: async () => undefined };
    const agent = { name, client: null };
    const opened = { ...context.opened, identity };
    const { writer } = agentWriting({ ...served, opened }, agent, {}, () => undefined, parts);
    expect(writer.actor).toEqual({ name: user, email: expect.stringMatching(email) });
    expect(writer.source).toEqual({ via: 'mcp', person: 'Grace' });
  });
});

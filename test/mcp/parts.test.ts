import { describe, expect, it } from 'vitest';
import { agentOf } from '../../src/mcp/agent.js';
import { fitted, jsonBytes, MAX_DOCUMENT_BYTES } from '../../src/mcp/answers/fitted.js';
import { plainText, plainValue } from '../../src/mcp/answers/plain-text.js';
import { Calls } from '../../src/mcp/calls.js';
import { pageOf } from '../../src/mcp/tools/page-of.js';

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

describe('calls', () => {
  it('work a few at once, in turn, and are told if they are late', async () => {
    const calls = new Calls({ atOnce: 2, ms: 300_000 });
    let working = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 5 }, () =>
      calls.run(async () => {
        most = Math.max(most, ++working);
        await new Promise<void>((end) => ends.push(end));
        working -= 1;
      }),
    );
    while (ends.length > 0 || working > 0) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
    await Promise.all(all);
    expect(most).toBe(2);
    await calls.idle();
    const brief = new Calls({ ms: 1 });
    await expect(brief.run(() => new Promise(() => undefined))).rejects.toMatchObject({
      code: 'ENVIRONMENT',
    });
  });

  it('give their turn back, whatever they throw', async () => {
    const calls = new Calls({ atOnce: 1, ms: 300_000 });
    const throwing = () => {
      throw new RangeError('at once');
    };
    await expect(calls.run(throwing)).rejects.toThrow('at once');
    await expect(calls.run(() => Promise.reject(new RangeError('later')))).rejects.toThrow('later');
    expect(await calls.run(async () => 1)).toBe(1);
  });

  it('are refused when too many wait', async () => {
    const calls = new Calls({ atOnce: 1, ms: 300_000 });
    let end: () => void = () => undefined;
    const first = calls.run(() => new Promise<void>((resolve) => (end = resolve)));
    const waiting = Array.from({ length: 64 }, () => calls.run(async () => 1));
    await expect(calls.run(async () => 1)).rejects.toThrow('more than 64 calls');
    end();
    expect(await Promise.all([first, ...waiting])).toHaveLength(65);
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
});

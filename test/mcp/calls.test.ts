import { describe, expect, it } from 'vitest';
import { type CallLimits, Calls, type Turn } from '../../src/mcp/calls.js';

const HOUR = 3_600_000;
const TERMS = { ifLate: 'Ask for less' };
const callsOf = (limits: Partial<CallLimits> = {}) =>
  new Calls({ now: Date.now, answerWithin: HOUR, startWithin: HOUR, ...limits });

/** Work that lasts until the test ends it. */
function heldWork() {
  let end: () => void = () => undefined;
  const turns: Turn[] = [];
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    turns,
    end: () => end(),
    work: (turn: Turn) => {
      turns.push(turn);
      return held;
    },
  };
}

describe('calls', () => {
  it('work a few at once, in turn', async () => {
    const calls = callsOf({ atOnce: 2 });
    let working = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 5 }, () =>
      calls.run(async () => {
        most = Math.max(most, ++working);
        await new Promise<void>((end) => ends.push(end));
        working -= 1;
      }, TERMS),
    );
    while (ends.length > 0 || working > 0) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
    await Promise.all(all);
    expect(most).toBe(2);
    await calls.idle();
  });

  it('that have started are told to be late, and that they may be done all the same', async () => {
    const calls = callsOf({ answerWithin: 1 });
    const held = heldWork();
    await expect(calls.run(held.work, TERMS)).rejects.toMatchObject({
      ...{ code: 'ENVIRONMENT', suggestions: ['Ask for less'], data: { started: true } },
    });
    expect(held.turns[0]?.signal.aborted).toBe(true);
    held.end();
  });

  it('that waited too long never start', async () => {
    const calls = callsOf({ atOnce: 1, startWithin: 1 });
    const held = heldWork();
    const first = calls.run(held.work, TERMS);
    const second = heldWork();
    await expect(calls.run(second.work, TERMS)).rejects.toMatchObject({
      message: expect.stringContaining('was not started'),
      data: { started: false },
    });
    held.end();
    await first;
    await calls.idle();
    expect(second.turns).toEqual([]);
    expect(await calls.run(async () => 1, TERMS)).toBe(1);
  });

  it('are cancelled: those that wait never start, those that work are told', async () => {
    const calls = callsOf({ atOnce: 1 });
    const cancel = new AbortController();
    const terms = { ...TERMS, cancelled: cancel.signal };
    const [held, second] = [heldWork(), heldWork()];
    const both = Promise.allSettled([calls.run(held.work, terms), calls.run(second.work, terms)]);
    expect(held.turns[0]?.signal.aborted).toBe(false);
    cancel.abort();
    for (const one of await both) expect(one).toMatchObject({ reason: { code: 'INTERRUPTED' } });
    expect(held.turns[0]?.signal.aborted).toBe(true);
    await expect(calls.run(second.work, terms)).rejects.toThrow('cancelled');
    held.end();
    await calls.idle();
    expect(second.turns).toEqual([]);
    expect(await calls.run(async () => 1, TERMS)).toBe(1);
  });

  it('that wait are dropped at the end, those that work are waited for', async () => {
    const calls = callsOf({ atOnce: 1 });
    const [held, second] = [heldWork(), heldWork()];
    const first = calls.run(held.work, TERMS);
    const waiting = calls.run(second.work, TERMS);
    calls.stop();
    await expect(waiting).rejects.toMatchObject({ data: { started: false } });
    await expect(calls.run(second.work, TERMS)).rejects.toMatchObject({ data: { started: false } });
    let isIdle = false;
    const idle = calls.idle().then(() => {
      isIdle = true;
    });
    await new Promise(setImmediate);
    expect(isIdle).toBe(false);
    held.end();
    await Promise.all([first, idle]);
    expect(second.turns).toEqual([]);
  });

  it('have less time for the network the longer they waited', async () => {
    let now = 0;
    const calls = callsOf({ now: () => now });
    await calls.run(async ({ leftMs }) => {
      expect(leftMs()).toBe(45_000);
      now = 30_000;
      expect(leftMs()).toBe(15_000);
      now = 44_000;
      expect(leftMs()).toBe(5_000);
    }, TERMS);
  });

  it('give their turn back, whatever they throw', async () => {
    const calls = callsOf({ atOnce: 1 });
    const throwing = () => {
      throw new RangeError('at once');
    };
    await expect(calls.run(throwing, TERMS)).rejects.toThrow('at once');
    await expect(calls.run(() => Promise.reject(new RangeError('later')), TERMS)).rejects.toThrow('later');
    expect(await calls.run(async () => 1, TERMS)).toBe(1);
  });

  it('are refused when too many wait', async () => {
    const calls = callsOf({ atOnce: 1 });
    const held = heldWork();
    const first = calls.run(held.work, TERMS);
    const waiting = Array.from({ length: 64 }, () => calls.run(async () => 1, TERMS));
    await expect(calls.run(async () => 1, TERMS)).rejects.toThrow('more than 64 calls');
    held.end();
    expect(await Promise.all([first, ...waiting])).toHaveLength(65);
  });
});

import { describe, expect, it } from 'vitest';
import { backOffMs, standBackMs } from '../../../src/store/publish/back-off.js';

const at = (random: number) => ({ random: () => random });

describe('backOffMs', () => {
  it('draws from zero up to a bound that doubles, and ends at 5 s', () => {
    const bounds = [1, 2, 3, 5, 6, 2000].map((tries) => backOffMs(at(1), tries));
    expect(bounds).toEqual([200, 400, 800, 3_200, 5_000, 5_000]);
    expect(backOffMs(at(0), 6)).toBe(0);
  });

  it('begins with what is given, and is never bounded below it', () => {
    expect(backOffMs(at(1), 1, 7_000)).toBe(7_000);
    expect(backOffMs(at(0.5), 4, 7_000)).toBe(3_500);
  });
});

describe('standBackMs', () => {
  it('leaves others the time of 8 to 16 pushes', () => {
    expect([0, 1].map((random) => standBackMs(at(random), 100))).toEqual([800, 1_600]);
  });

  it('is neither too short to matter nor longer than 3 s', () => {
    expect([0, 1].map((random) => standBackMs(at(random), 1))).toEqual([300, 600]);
    expect([0, 1].map((random) => standBackMs(at(random), 60_000))).toEqual([1_500, 3_000]);
  });
});

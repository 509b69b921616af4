import type { Value } from '../model/value/value.js';

/** The time at which the samples were taken. */
export const SAMPLES_NOW = new Date('2026-08-22T10:00:00Z');

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/;

/** Returns the value with every time in it moved by `ms`, rounded down to the second. */
export function movedTimes(value: Value, ms: number): Value {
  if (typeof value === 'string') {
    const [, seconds, fraction = ''] = TIME.exec(value) ?? [];
    if (seconds === undefined) return value;
    const moved = new Date(Math.floor((Date.parse(`${seconds}Z`) + ms) / 1000) * 1000);
    return moved.toISOString().replace('.000Z', `${fraction}Z`);
  }
  if (Array.isArray(value)) return value.map((item) => movedTimes(item, ms));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, movedTimes(item, ms)]));
}

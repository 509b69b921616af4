import { masked } from '../secret/masked.js';
import type { KgitEvent } from './event.js';

/** The fields that kgit checks when it reads an event, so that they cannot hold a secret. */
const CHECKED: readonly string[] = ['id', 'timestamp', 'action', 'outcome'];

/** Returns the event with everything that looks secret as `***`. */
export function maskedEvent(event: KgitEvent): KgitEvent {
  const { id, timestamp, action, ...rest } = event;
  const fields = Object.entries(rest).map(([key, value]) =>
    CHECKED.includes(key) ? [key, value] : [key, masked(value, [key])],
  );
  return { id, timestamp, action, ...Object.fromEntries(fields) };
}

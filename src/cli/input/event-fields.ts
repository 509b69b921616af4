import { Flags, type Interfaces } from '@oclif/core';
import { formatTimestamp, OUTCOMES } from '../../model/event/event.js';
import { MAX_TEXT } from '../../model/event/event-schema.js';
import { parseDuration, parseTime } from '../../model/value/time.js';
import { parseParameters } from './assignments.js';
import { readFileBounded } from './input.js';

/** The flags of `kgit push-event` that set fields of one event. */
export const EVENT_FLAGS = {
  param: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'K=V',
    summary: 'A parameter: text, or YAML with K:=V.',
  }),
  command: Flags.string({ helpValue: 'TEXT', summary: 'The command that was run.' }),
  phase: Flags.string({ helpValue: 'NAME', summary: 'The phase of the deployment that it belongs to.' }),
  outcome: Flags.string({ options: [...OUTCOMES], summary: 'How it went.' }),
  duration: Flags.string({ helpValue: 'DURATION', summary: 'How long it took: 312.5 (seconds), 5m12s.' }),
  notes: Flags.string({ helpValue: 'TEXT|-|@FILE', summary: 'Notes; - reads standard input.' }),
  timestamp: Flags.string({ helpValue: 'TIME', summary: 'When it happened; now if left out.' }),
  id: Flags.string({
    helpValue: 'ULID',
    summary: 'Your own id: repeating it with the same content succeeds.',
  }),
};

type EventFlags = Interfaces.InferredFlags<typeof EVENT_FLAGS>;

/** Returns the first of these flags that is given; undefined if none is. */
export function givenEventFlag(flags: EventFlags): string | undefined {
  const given: Readonly<Record<string, unknown>> = flags;
  return Object.keys(EVENT_FLAGS).find((name) => given[name] !== undefined);
}

/**
 * Returns the fields that these flags set; one that is not given is undefined. Throws UsageError.
 * @param now ms since the epoch
 * @param note receives hints about values that may be meant otherwise
 */
export async function eventFields(
  { id, timestamp, phase, outcome, duration, command, param = [], notes }: EventFlags,
  now: number,
  note: (message: string) => void,
): Promise<Record<string, unknown>> {
  return {
    id,
    timestamp: timestamp === undefined ? undefined : formatTimestamp(parseTime(timestamp, now)),
    phase,
    outcome,
    duration_seconds: duration === undefined ? undefined : parseDuration(duration) / 1000,
    parameters: parseParameters(param, note),
    command,
    notes: await textOrFile(notes),
  };
}

async function textOrFile(text: string | undefined): Promise<string | undefined> {
  if (text !== '-' && !text?.startsWith('@')) return text;
  return readFileBounded(text === '-' ? '-' : text.slice(1), process.stdin, MAX_TEXT);
}

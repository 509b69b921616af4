import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTimestamp } from '../model/event/event.js';
import { makeEvent, makeOperation, type Writer } from '../model/operation/make-operation.js';
import type { Operation } from '../model/operation/operation.js';
import type { Edit } from '../model/state/edit.js';
import { PHASE_VERBS, type PhaseVerb, phaseEdits } from '../model/state/phase.js';
import { parseStatePath } from '../model/state/state-path.js';
import { parseSubject } from '../model/subject/subject.js';
import { monotonicIds } from '../model/value/ulid.js';
import { isMap, isValue, type Value } from '../model/value/value.js';
import { parseYaml } from '../model/yaml/yaml.js';
import { randomBytes } from '../store/local/random-bytes.js';
import { SAMPLES_NOW } from './sample-clock.js';
import { SAMPLES_FOLDER } from './sample-cluster.js';

const FILE = 'history.yaml';

/**
 * Reads the demo team's operations, oldest first, as if they had happened up to `now`.
 * @param root this program's folder
 * @param now ms since the epoch
 */
export async function sampleHistory(root: string, now: number): Promise<Operation[]> {
  const text = await readFile(join(root, SAMPLES_FOLDER, FILE), 'utf8');
  const steps = parseYaml(text, FILE);
  if (!Array.isArray(steps)) throw new Error(`${FILE} is not a list`);
  return steps.map((step) => operationOf(step, now - SAMPLES_NOW.getTime()));
}

/** Makes the operation for one step of the file: who did what to which subject, and when by the samples' clock. */
function operationOf(step: Value, movedBy: number): Operation {
  const fields = isMap(step) ? step : {};
  const at = Date.parse(textOf(fields['at'])) + movedBy;
  const by = textOf(fields['by']);
  const writer: Writer = {
    actor: { name: by, email: `${by}@example.com` },
    host: `${by}-laptop`,
    run: { id: undefined, url: null },
    ids: monotonicIds(
      () => at,
      () => randomBytes(10),
    ),
    now: at,
  };
  const subject = parseSubject(textOf(fields['subject']));
  const given = isMap(fields['event']) ? fields['event'] : {};
  const phase = fields['phase'] === undefined ? null : phaseOf(textOf(fields['phase']), at, given['reason']);
  const event = makeEvent({ ...given, ...phase?.event }, writer);
  const edits = [...(phase?.edits ?? []), ...setEdits(fields['set'])];
  if (edits.length === 0 || subject.kind !== 'deployment') {
    return makeOperation([{ subject, event }], writer, {}, undefined);
  }
  const change = { deployment: subject.id, event: event.id, edits, preconditions: [] };
  return makeOperation([{ subject, event }], writer, { change }, undefined);
}

/** The event and edits that `kgit phase VERB NAME` writes. */
function phaseOf(
  words: string,
  at: number,
  reason: unknown,
): { event: Record<string, Value>; edits: Edit[] } {
  const [verb = '', name = ''] = words.split(' ');
  if (!isVerb(verb)) throw new Error(`${FILE}: ${words} is not a phase`);
  const time = formatTimestamp(at).replace(/\.\d+Z$/, 'Z');
  const outcome = verb === 'complete' ? { outcome: 'succeeded' } : {};
  return {
    event: { action: PHASE_VERBS[verb].action, phase: name, ...outcome },
    edits: phaseEdits(verb, [name], name, time, typeof reason === 'string' ? reason : undefined),
  };
}

function isVerb(word: string): word is PhaseVerb {
  return Object.hasOwn(PHASE_VERBS, word);
}

function setEdits(values: unknown): Edit[] {
  if (!isMap(values)) return [];
  return Object.entries(values).flatMap(([path, value]) =>
    isValue(value) ? { op: 'set' as const, path: parseStatePath(path), value } : [],
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`${FILE}: a step lacks a text`);
}

import { setAt, unsetAt } from '../../../src/model/state/edit.js';
import { lookUp, parseStatePath } from '../../../src/model/state/state-path.js';
import { sameValue, type Value } from '../../../src/model/value/value.js';
import type { History, PublishedEvent } from './history.js';

const shown = (value: unknown) => JSON.stringify(value ?? null).slice(0, 200);

/** Applies an event to the state before it. Returns what is wrong. */
function follow(state: Record<string, unknown>, event: PublishedEvent): string[] {
  const wrong: string[] = [];
  for (const { path, before, after } of event.changes) {
    const at = parseStatePath(path);
    const { value } = lookUp(state, at);
    if (!sameValue((value ?? null) as Value, (before ?? null) as Value))
      wrong.push(
        `${event.revision}: ${path} was ${shown(value)}, and its event says ${shown(before)}: it was built on another tip`,
      );
    if (after === undefined) unsetAt(state, at);
    else setAt(state, at, structuredClone(after));
  }
  return wrong;
}

/** Checks that each operation has one commit, and each of kgit's commits changes something. */
function checkOperations({ commits }: History): string[] {
  const wrong: string[] = [];
  const made = new Map<string, string>();
  for (const { revision, operation, isEmpty } of commits) {
    if (operation === null) continue;
    if (isEmpty) wrong.push(`${revision}: changes nothing`);
    const earlier = made.get(operation);
    if (earlier) wrong.push(`${revision}: operation ${operation} has a commit already, ${earlier}`);
    made.set(operation, revision);
  }
  return wrong;
}

/**
 * What the branch itself must hold, commit by commit: events stand once and are never touched again, dates do not
 * go backwards, and each state document is the fold of the events so far.
 */
export function checkBranch(history: History): string[] {
  const { commits } = history;
  const wrong = checkOperations(history);
  const states = new Map<string, Record<string, unknown>>();
  const seen = new Set<string>();
  let latest = 0;
  for (const { revision, committed, events, states: written, rewritten } of commits) {
    if (committed < latest) wrong.push(`${revision}: its date is before its parent's`);
    latest = committed;
    wrong.push(...rewritten.map((path) => `${revision}: ${path} was changed or removed`));
    for (const event of events) {
      const key = `${event.subject} ${event.id}`;
      if (seen.has(key)) wrong.push(`${revision}: event ${key} is on the branch twice`);
      seen.add(key);
      if (event.changes.length === 0) continue;
      const state = states.get(event.subject) ?? {};
      states.set(event.subject, state);
      wrong.push(...follow(state, event));
    }
    for (const [deployment, document] of written) {
      const folded = states.get(`deployment/${deployment}`) ?? {};
      if (!sameValue(document as Value, folded as Value))
        wrong.push(`${revision}: the state of ${deployment} is not the fold of its events`);
    }
  }
  return wrong;
}

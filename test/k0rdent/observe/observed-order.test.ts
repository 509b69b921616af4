import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  life,
  Observer,
  observedOf,
  Record,
  STEPS,
  type Step,
  type Version,
  versionsOf,
} from './observed-life.js';

/** What happened, step by step. */
function expected(versions: readonly Version[]): string[] {
  let state = 'not there';
  return versions.flatMap(({ step }) => {
    const from = state;
    state = STEPS[step];
    return from === state && step !== 'failsAgain' ? [] : [`${from} -> ${state}`];
  });
}

const told = ({ events }: Record) =>
  events.map((one) => `${observedOf(one).from ?? 'not there'} -> ${observedOf(one).to ?? 'gone'}`);

/** Which of two observers restart before a version, and who sees it first. */
const turns = fc.array(fc.record({ restarts: fc.subarray([1, 2]), first: fc.nat({ max: 2 }) }), {
  minLength: 40,
  maxLength: 40,
});

it('three observers record each transition once, in the order of the objects, while two begin anew again and again', () => {
  fc.assert(
    fc.property(
      life,
      turns,
      fc.array(fc.nat({ max: 900 }), { minLength: 3, maxLength: 3 }),
      ({ versions }, plan, latencies) => {
        const record = new Record();
        const observers = latencies.map((latency) => new Observer(record, latency));
        versions.forEach((version, i) => {
          const { restarts = [], first = 0 } = plan[i] ?? {};
          const before = versions[i - 1];
          if (before !== undefined) for (const index of restarts) observers[index]?.restart(before);
          for (let turn = 0; turn < observers.length; turn++)
            observers[(first + turn) % observers.length]?.see(version);
        });
        expect(told(record)).toEqual(expected(versions));
      },
    ),
    { numRuns: 300 },
  );
});

it('each failure of a service has its own time and words, whoever looks', () => {
  fc.assert(
    fc.property(life, ({ versions }) => {
      const record = new Record();
      const observer = new Observer(record, 300);
      for (const version of versions) observer.see(version);
      const failures = versions.filter(({ step }) => step === 'fails' || step === 'failsAgain');
      const events = record.events.filter((one) => observedOf(one).to === 'ServicesFailed');
      expect(events.map(({ timestamp }) => Date.parse(timestamp))).toEqual(failures.map(({ at }) => at));
      for (const [i, { message }] of events.entries())
        expect(message).toContain(
          `service db/db: Failed: attempt ${versions.indexOf(failures[i] as Version)}`,
        );
    }),
    { numRuns: 100 },
  );
});

it('where objects say when they were written, observers of separate repositories record the same ids', () => {
  fc.assert(
    fc.property(life, ({ versions, hasWriteTimes }) => {
      fc.pre(hasWriteTimes);
      const ids = [20, 850].map((latency) => {
        const record = new Record();
        const observer = new Observer(record, latency);
        for (const version of versions) observer.see(version);
        return record.events.map(({ id, context }) => [id, context]);
      });
      expect(ids[0]).toEqual(ids[1]);
    }),
    { numRuns: 100 },
  );
});

it('says how a time that the API does not give is known', () => {
  for (const hasWriteTimes of [true, false]) {
    const record = new Record();
    const observer = new Observer(record, 300);
    const steps: Step[] = ['made', 'dryRun', 'applied', 'deleted', 'deletionFails', 'gone'];
    for (const version of versionsOf(steps, [0, 5, 5, 5, 5, 5][Symbol.iterator](), hasWriteTimes))
      observer.see(version);
    const dated = hasWriteTimes ? 'write' : 'observation';
    const shown = record.events.map(
      ({ context }) => (context as { observed: { dated?: string } }).observed.dated,
    );
    expect(shown).toEqual([undefined, undefined, dated, undefined, dated, dated]);
    expect(record.events[2]?.message).toContain(
      hasWriteTimes ? 'last write of the object' : 'when it was seen',
    );
  }
});

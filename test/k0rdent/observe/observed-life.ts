import fc from 'fast-check';
import { transitionEvent } from '../../../src/app/observe/transition-events.js';
import {
  type ClusterDeployment,
  readClusterDeployment,
} from '../../../src/k0rdent/cluster/cluster-deployment.js';
import type { Watchable } from '../../../src/k0rdent/observe/observation.js';
import { missedTransitions, type RecordedState } from '../../../src/k0rdent/watch/missed-transitions.js';
import {
  type LastTransitions,
  type Transition,
  Transitions,
} from '../../../src/k0rdent/watch/transitions.js';
import { formatTimestamp, type KgitEvent, sortByTime } from '../../../src/model/event/event.js';
import type { EventWrite } from '../../../src/model/operation/operation.js';
import { ulidTime } from '../../../src/model/value/ulid.js';

const BEGIN = Date.parse('2026-08-22T10:00:00Z');
const SECOND = 1000;
const PLACE = { management: 'default', context: 'admin' };

/** What happens to the cluster, and the state that it then has: the oracle of these tests. */
export const STEPS = {
  made: 'New',
  dryRun: 'DryRunValid',
  applied: 'Provisioning',
  up: 'Ready',
  fails: 'ServicesFailed',
  failsAgain: 'ServicesFailed',
  retries: 'ServicesPending',
  recovers: 'Ready',
  deleted: 'Deleting',
  deletionFails: 'DeleteFailing',
  deletionGoesOn: 'Deleting',
  gone: 'gone',
} as const;
export type Step = keyof typeof STEPS;

export interface Version {
  readonly step: Step;
  /** ms: when it was written. */
  readonly at: number;
  readonly cluster: ClusterDeployment;
}

/** A life of the cluster: a dry run that is applied, services that flap, a deletion that fails again and again. */
export const life = fc
  .record({
    isDry: fc.boolean(),
    flaps: fc.array(
      fc.constantFrom<Step[]>(
        ['fails', 'retries'],
        ['fails', 'failsAgain', 'retries'],
        ['fails', 'recovers'],
      ),
      {
        maxLength: 4,
      },
    ),
    failures: fc.nat({ max: 3 }),
    gaps: fc.infiniteStream(fc.constantFrom(0, 0, 1, 5, 600)),
    hasWriteTimes: fc.boolean(),
  })
  .map(({ isDry, flaps, failures, gaps, hasWriteTimes }) => {
    const steps: Step[] = [
      ...(isDry ? (['made', 'dryRun', 'applied', 'up'] as const) : (['made', 'up'] as const)),
      ...flaps.flat(),
      'deleted',
      ...Array.from({ length: failures }).flatMap(() => ['deletionFails', 'deletionGoesOn'] as const),
      'gone',
    ];
    return { versions: versionsOf(steps, gaps, hasWriteTimes), hasWriteTimes };
  });

/** Steps that move no time in the object. */
const TIMELESS = new Set<Step>(['applied', 'deletionFails', 'deletionGoesOn']);

export function versionsOf(
  steps: readonly Step[],
  gaps: Iterator<number>,
  hasWriteTimes: boolean,
): Version[] {
  const time = (ms: number) => formatTimestamp(ms);
  let at = BEGIN;
  let deletionTimestamp: string | undefined;
  let upAt = at;
  let service: { state: string; lastStateTransitionTime: string; failureMessage?: string } | null = null;
  return steps.map((step, i) => {
    // A service that fails again without having been seen to recover has at least another second. Without write times
    // what is dated by its observation stands apart from the rest, for the clocks of observers differ.
    const isApart = !hasWriteTimes && [step, steps[i - 1]].some((one) => one && TIMELESS.has(one));
    const least = isApart ? 3 : step === 'failsAgain' ? 1 : 0;
    at += Math.max(gaps.next().value as number, least) * SECOND;
    if (step === 'up') upAt = at;
    if (step === 'up' || step === 'recovers')
      service = { state: 'Deployed', lastStateTransitionTime: time(at) };
    if (step === 'retries') service = { state: 'Provisioning', lastStateTransitionTime: time(at) };
    if (step === 'fails' || step === 'failsAgain')
      service = { state: 'Failed', lastStateTransitionTime: time(at), failureMessage: `attempt ${i}` };
    if (step === 'deleted') deletionTimestamp = time(at);
    const isUp = service?.state === 'Deployed';
    const condition = (type: string, status: string, reason: string, since = BEGIN) => ({
      ...{ type, status, reason, message: '', lastTransitionTime: time(since) },
    });
    // The conditions keep their times while services flap and deletions fail, as kcm's do.
    const conditions = [
      condition('CredentialReady', 'True', 'Succeeded'),
      condition(
        'Ready',
        isUp || service === null ? 'True' : 'False',
        isUp ? 'Succeeded' : 'Progressing',
        upAt,
      ),
      ...(service === null ? [] : [condition('HelmReleaseReady', 'True', 'InstallSucceeded', upAt)]),
      ...(service === null ? [] : [condition('ServicesInReadyState', isUp ? 'True' : 'False', 'x', upAt)]),
      ...(deletionTimestamp === undefined
        ? []
        : [
            condition(
              'Deleting',
              'True',
              step === 'deletionFails' ? 'Failed' : 'WaitingForCloudResourcesDeletion',
            ),
          ]),
    ];
    const object = {
      metadata: {
        ...{
          namespace: 'team-a',
          name: 'one',
          uid: 'one-1',
          resourceVersion: String(100 + i),
          deletionTimestamp,
        },
        creationTimestamp: time(BEGIN),
        ...(hasWriteTimes ? { managedFields: [{ manager: 'kcm', time: time(at) }] } : {}),
      },
      spec: {
        dryRun: steps.includes('dryRun') && (step === 'made' || step === 'dryRun'),
        serviceSpec: { services: [{ name: 'db', namespace: 'db' }] },
      },
      status:
        step === 'made'
          ? {}
          : { conditions, services: service === null ? [] : [{ name: 'db', namespace: 'db', ...service }] },
    };
    const cluster = readClusterDeployment(object);
    if (cluster === null) throw new Error('no cluster');
    return { step, at, cluster };
  });
}

/** What was recorded, as one branch holds it: an id once, and what is told once by its context. */
export class Record {
  readonly #events = new Map<string, KgitEvent>();

  write({ event, once }: EventWrite): void {
    const same = (other: KgitEvent) => JSON.stringify(other['context']) === JSON.stringify(event['context']);
    if (once && [...this.#events.values()].some(same)) return;
    if (!this.#events.has(event.id)) this.#events.set(event.id, event);
  }

  get events(): KgitEvent[] {
    return sortByTime([...this.#events.values()], (event) => event);
  }

  get states(): RecordedState[] {
    const last = this.events.at(-1);
    if (last === undefined) return [];
    const seen = observedOf(last);
    const asked = this.events.find((one) => observedOf(one).to === 'Deleting');
    return [
      {
        ...{ namespace: 'team-a', name: 'one', uid: 'one-1', state: seen.to, at: last.timestamp },
        ...{ position: ulidTime(last.id), deletionAt: asked?.timestamp ?? null, dryRun: false },
      },
    ];
  }
}

export const observedOf = ({ context }: KgitEvent) =>
  (context as { observed: { from: RecordedState['state']; to: RecordedState['state'] } }).observed;

/** An observer that sees each version `latency` ms after it was written, and records at once. */
export class Observer {
  #now = BEGIN;
  #transitions: Transitions;

  constructor(
    readonly record: Record,
    readonly latency: number,
  ) {
    this.#transitions = new Transitions([], () => new Date(this.#now));
  }

  see({ step, at, cluster }: Version): void {
    this.#now = at + this.latency;
    this.#write(this.#transitions.take({ kind: step === 'gone' ? 'gone' : 'seen', cluster }));
  }

  /** Is ended, and begins anew with the list that holds `version`. */
  restart({ at, step, cluster }: Version): void {
    this.#now = at + this.latency;
    const clusters = step === 'gone' ? [] : [cluster];
    const items = clusters.map((one) => ({ cluster: one, object: null }));
    const list = { items, selection: {}, namespace: null };
    const watchable = { ...PLACE, match: 'same', lists: [list] } as unknown as Watchable;
    const { states } = this.record;
    const { transitions, last } = missedTransitions(states, states, watchable, new Date(this.#now));
    this.#write(transitions);
    this.#transitions = new Transitions(clusters, () => new Date(this.#now), last as LastTransitions);
  }

  #write(found: readonly Transition[]): void {
    for (const one of found) {
      const write = transitionEvent({ ...PLACE, ...one }, this.#now);
      if (write === null) throw new Error(`no event of ${JSON.stringify(one)}`);
      this.record.write(write);
    }
  }
}

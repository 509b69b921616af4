import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fold } from '../../../src/model/state/apply.js';
import { setAt, unsetAt } from '../../../src/model/state/edit.js';
import { formatStatePath, lookUp, type StatePath } from '../../../src/model/state/state-path.js';
import { ulidTime } from '../../../src/model/value/ulid.js';
import { isMap, type Value, type ValueMap } from '../../../src/model/value/value.js';
import { statePathOfKey } from '../../../src/sync/parse/state-mapping.js';
import { count, isLong } from '../../support/campaign/size.js';
import { DEPLOYMENT, LegacyClone, World } from '../../support/legacy-clones.js';

const RUNS = count('CAMPAIGN_LEGACY_CLONES', 15, 5_000);
const CLONES = 3;
const HOURS_MS = 5 * 3_600_000;

type Step =
  | { readonly do: 'call' | 'write'; readonly key: number; readonly value: Value | undefined }
  | { readonly do: 'vm' | 'event' | 'phase' | 'init' | 'peers' | 'mirror' | 'sync' }
  | { readonly do: 'import'; readonly rule: 'fail' | 'repository' | 'file'; readonly isQueued: boolean };

/** Keys of a clone alone, below mappings that all clones write, and one key that they share. */
const KEYS: readonly ((name: string) => StatePath)[] = [
  (name) => [`own_${name}`],
  (name) => ['own', name],
  (name) => ['own', 'first', name],
  (name) => ['own', 'first', 'second', name, 'a'],
  (name) => ['kof_map', name],
  (name) => ['config', `more_${name}`],
  () => ['own', 'shared'],
];
const value = fc.oneof(
  fc.constantFrom<Value>('text', 'true', 7, null, [1, 2]),
  fc.constantFrom<Value>({}, { a: 1 }, { a: { b: 'c' }, d: 2 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      key: fc.nat(KEYS.length - 1),
      value: fc.constantFrom('1', '2', 'true'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      key: fc.nat(KEYS.length - 1),
      value: fc.option(value, { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'vm',
        'event',
        'phase',
        'peers',
        'mirror',
        'mirror',
        'sync',
        'sync',
        'sync',
        'init',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      rule: fc.constantFrom('fail', 'repository', 'file'),
      isQueued: fc.boolean(),
    }),
  },
) as never;
const steps = fc.array(
  fc.record({ clone: fc.nat(CLONES - 1), step, later: fc.constantFrom(0, 0, 300, 1_000, 2_000) }),
  { minLength: 8, maxLength: 40 },
);

function leaves(value: unknown, path: StatePath = []): StatePath[] {
  if (!isMap(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

function placed(path: StatePath): string {
  const [key, ...rest] = path;
  return formatStatePath([...statePathOfKey('deployment-state', String(key)), ...rest]);
}

/** Who has written what, as the files had it: what one clone alone has written must be there. */
class Writers {
  readonly #by = new Map<string, Set<string>>();

  wrote(name: string, paths: Iterable<string>): void {
    for (const path of paths) this.#by.set(path, (this.#by.get(path) ?? new Set()).add(name));
  }

  /** Whether anybody else wrote the path, one that it lies in, or one that lies in it. */
  isContended(name: string, path: string): boolean {
    return [...this.#by].some(
      ([other, names]) =>
        (other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) &&
        [...names].some((writer) => writer !== name),
    );
  }
}

async function take(clone: LegacyClone, one: Step, n: number): Promise<void> {
  const { name } = clone;
  switch (one.do) {
    case 'call':
      return clone.call('update_state', KEYS[one.key]?.(name).join('.') ?? '', String(one.value));
    case 'write': {
      const data = clone.data() as Record<string, unknown>;
      const path = KEYS[one.key]?.(name) as StatePath;
      if (one.value === undefined) unsetAt(data, path);
      else setAt(data, path, one.value);
      data['last_updated'] = `2026-01-01T00:00:${String(n % 60).padStart(2, '0')}Z`;
      return clone.write(data as ValueMap);
    }
    case 'vm':
      return clone.call('update_vm_state', `vm-${name}`, '1.2.3.4', '10.0.0.1', 'Succeeded');
    case 'event':
      return clone.call('add_event', `done_${name}`, `step ${n}`);
    case 'phase':
      return clone.call('phase_mark_completed', `own_${name}`);
    case 'peers':
      return clone.call('assign_wireguard_ips', `host-${name}`);
    case 'init':
      return clone.call(
        'init_deployment_state',
        DEPLOYMENT,
        name,
        'cfg',
        'eu',
        '1',
        '1',
        '10.0.0.0/24',
        'create_vms',
      );
    case 'mirror':
      return clone.mirror();
    case 'sync':
      return clone.sync();
    case 'import':
      return clone.import(one.rule, one.isQueued);
  }
}

const changesFiles = new Set(['call', 'write', 'vm', 'phase', 'peers', 'init']);

describe('clones on several machines that work on one deployment by import, mirror and the script API', () => {
  it(
    'lose nothing that one of them alone wrote, and end equal',
    async () => {
      let checked = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const world = new World();
          const clones = Array.from({ length: CLONES }, (_, i) => new LegacyClone(`c${i}`, world));
          const writers = new Writers();
          for (const clone of clones)
            clone.write({ deployment_id: DEPLOYMENT, last_updated: '2026-01-01T00:00:00Z' });
          for (const [n, { clone: i, step: one, later }] of list.entries()) {
            world.time += later;
            const clone = clones[i] as LegacyClone;
            const before = clone.data();
            // A file that is begun anew takes the place of all that its clone knows of.
            if (one.do === 'init') {
              const known = leaves(await clone.state().then((state) => state ?? {}));
              writers.wrote(clone.name, known.map(formatStatePath));
            }
            const isEdit = one.do === 'call' || one.do === 'write';
            await take(clone, one, n).catch((error: unknown) => {
              // A single value stands in the way of the path in the file itself.
              if (!isEdit || !/is a single value|is a list|cannot be set in it/.test(String(error)))
                throw error;
            });
            if (!changesFiles.has(one.do)) continue;
            const after = clone.data();
            const touched = [...leaves(before), ...leaves(after)].filter(
              (path) => JSON.stringify(lookUp(before, path)) !== JSON.stringify(lookUp(after, path)),
            );
            writers.wrote(clone.name, touched.map(placed));
          }
          if (list.length % 2 === 0) {
            for (const clone of clones) await clone.sync();
            // What the script API logged needs no import to be there.
            for (const clone of clones)
              if (clone.refused === 0)
                expect(world.messages()).toEqual(expect.arrayContaining(clone.logged()));
          }
          for (const clone of clones) await clone.import('repository', false);
          for (const clone of clones) await clone.sync();

          const path = `deployments/${DEPLOYMENT}/state.yaml`;
          const [text] = clones.map(() => world.remote.files.get(path) ?? '');
          const state = parse(text ?? '') as ValueMap;
          expect(fold(world.published)).toEqual(state);
          for (const clone of clones) {
            expect(await clone.state()).toEqual(state);
            const isTold = (at: string) =>
              clone.told.some(
                (path) => at === path || at.startsWith(`${path}.`) || path.startsWith(`${at}.`),
              );
            const data = clone.data();
            for (const own of leaves(data)) {
              const at = placed(own);
              if (writers.isContended(clone.name, at) || isTold(at) || at.endsWith('last_updated')) continue;
              const [key, ...rest] = own;
              const found = lookUp(state, [...statePathOfKey('deployment-state', String(key)), ...rest]);
              const said = lookUp(data, own).value;
              // Into an empty mapping others may have put something.
              if (isMap(said) && isMap(found.value)) continue;
              checked++;
              expect({ clone: clone.name, at, ...found }).toEqual({
                clone: clone.name,
                at,
                found: true,
                value: said,
              });
            }
            const events = world.remote.events(`deployment/${DEPLOYMENT}`);
            const early = events.filter(({ id, timestamp }) => ulidTime(id) < Date.parse(timestamp));
            // What verify says of such an event: its id is not of its time.
            expect(early).toEqual([]);
            expect(world.messages()).toEqual(expect.arrayContaining(clone.logged()));
          }
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: isLong ? HOURS_MS : 40_000 },
      );
      expect(checked).toBeGreaterThan(isLong ? RUNS : 0);
    },
    HOURS_MS,
  );
});

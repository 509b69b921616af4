import { expect, it } from 'vitest';
import type { Operation } from '../../../src/model/operation/operation.js';
import type { OutboxEntry } from '../../../src/store/outbox/outbox.js';
import type { PlannedEntry } from '../../../src/store/plan/planned.js';
import type { Offer, StateStore } from '../../../src/store/port/state-store.js';
import { Combining } from '../../../src/store/publish/combining.js';
import { offerOf } from '../../../src/store/publish/offers.js';
import { eventOperation, setOperation } from '../../support/store-fixtures.js';

const CLONES = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(16));

const entry = (operation: Operation): OutboxEntry => ({
  ...{ name: `000000000001-${operation.id}`, id: operation.id, operation, target: 't', attempts: 0 },
  error: null,
});
const textOf = (...operations: Operation[]) => offerOf(operations.map(entry)).text ?? '';

/** A clone that sees offers, each clone's of its operations; those in `landed` are at the tip. */
function clone(own: string, offers: ReadonlyMap<string, readonly Operation[]>) {
  const read = async (): Promise<Offer[]> =>
    [...offers].map(([name, operations]) => {
      return { clone: name, isOwn: name === own, text: textOf(...operations) };
    });
  const combining = new Combining({ target: 't', offers: { read } } as unknown as StateStore);
  const waiting = (offers.get(own) ?? []).map(entry);
  const planned = (landed: ReadonlySet<string> = new Set()): PlannedEntry[] =>
    [...waiting, ...combining.foreign].map(
      (each) => ({ entry: each, applied: { kind: landed.has(each.id) ? 'present' : 'commit' } }) as never,
    );
  return { combining, waiting, planned, look: (tip: string) => combining.look(tip, waiting) };
}

const oneEach = () => new Map(CLONES.map((name) => [name, [eventOperation()]]));

it('one of those that wait has its turn, and all of them agree who', async () => {
  const offers = oneEach();
  const winners = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const turns: string[] = [];
    for (const name of CLONES) {
      const one = clone(name, offers);
      await one.look(`tip ${i}`);
      if (!one.combining.isOthersTurn(one.planned())) turns.push(name);
    }
    expect(turns).toHaveLength(1);
    winners.add(turns[0] as string);
  }
  // It is a lot: nobody has it always.
  expect([...winners].sort()).toEqual(CLONES);
});

it('the turn of one that does not move the branch goes to the next, and on, until somebody does', async () => {
  const offers = oneEach();
  const looks: number[] = [];
  for (const name of CLONES) {
    const one = clone(name, offers);
    await one.look('tip');
    let count = 0;
    for (; one.combining.isOthersTurn(one.planned()); count++) await one.look('tip');
    looks.push(count);
  }
  expect(looks.sort((a, b) => a - b)).toEqual([0, 3, 6, 9]);
});

it('a new tip draws anew', async () => {
  const offers = oneEach();
  const last = clone(CLONES[0] as string, offers);
  let tip = 0;
  do await last.look(`tip ${tip++}`);
  while (!last.combining.isOthersTurn(last.planned()));
  for (let i = 0; i < 20; i++) await last.look(`tip ${tip - 1}`);
  expect(last.combining.isOthersTurn(last.planned())).toBe(false);
});

it('who has laid down nothing, or more since, waits for nobody; what landed is no reason to wait', async () => {
  const [own, other] = CLONES as [string, string];
  const theirs = eventOperation();
  const mine = eventOperation();
  for (const laid of [undefined, [], [eventOperation()]]) {
    const offers = new Map([[other, [theirs]], ...(laid ? [[own, laid] as const] : [])]);
    const one = clone(own, offers as Map<string, Operation[]>);
    for (let i = 0; i < 10; i++) {
      await one.combining.look(`tip ${i}`, [entry(mine)]);
      const planned = [{ entry: entry(mine), applied: { kind: 'commit' } } as PlannedEntry];
      expect(one.combining.isOthersTurn([...planned, ...one.planned().slice(laid?.length ?? 0)])).toBe(false);
    }
  }
  const one = clone(
    own,
    new Map([
      [own, [mine]],
      [other, [theirs]],
    ]),
  );
  for (let i = 0; i < 10; i++) {
    await one.look(`tip ${i}`);
    expect(one.combining.isOthersTurn(one.planned(new Set([theirs.id])))).toBe(false);
  }
});

it('what is offered twice, or waits here, too, is planned once', async () => {
  const [own, other, third] = CLONES as [string, string, string];
  const [one, two] = [eventOperation(), eventOperation()];
  const here = clone(
    own,
    new Map([
      [own, [one]],
      [other, [two, one]],
      [third, [two]],
    ]),
  );
  await here.look('tip');
  expect(here.combining.foreign).toMatchObject([{ id: two.id, target: 't', isForeign: true }]);
});

it('what lies there already is not laid down again', async () => {
  const [own] = CLONES as [string];
  const [one, two] = [eventOperation(), eventOperation()];
  const here = clone(own, new Map([[own, [one]]]));
  await here.look('tip');
  expect(here.combining.offering([entry(one)])).toMatchObject({
    offering: undefined,
    offered: [{ id: one.id }],
  });
  expect(here.combining.offering([entry(one), entry(two)]).offering?.offer).toContain(two.id);
  expect(here.combining.offering([entry(setOperation('a', 1))]).offering).toEqual({ offer: null });
});

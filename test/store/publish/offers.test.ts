import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../../src/store/outbox/outbox.js';
import { offerOf, readOffer } from '../../../src/store/publish/offers.js';
import { eventOperation, setOperation } from '../../support/store-fixtures.js';

const entry = (operation: OutboxEntry['operation'], id = operation?.id ?? ''): OutboxEntry => ({
  ...{ name: `000000000001-${id}`, id, operation, target: 't', attempts: 0, error: null },
});
const textOf = (...entries: OutboxEntry[]) => offerOf(entries).text ?? '';

describe('offers', () => {
  it('are events in their order, as they wait', () => {
    const [one, two] = [entry(eventOperation()), entry(eventOperation())];
    expect(readOffer(textOf(one, two))).toEqual([one.operation, two.operation]);
  });

  it('end before what asks something of the tip, so that nothing overtakes it', () => {
    const [one, set, two] = [entry(eventOperation()), entry(setOperation('a', 1)), entry(eventOperation())];
    expect(offerOf([one, set, two]).entries).toEqual([one]);
    expect(offerOf([set, two])).toEqual({ text: null, entries: [] });
    const claimed = eventOperation();
    const claim = { name: 'x', token: 1, lease: claimed.id };
    expect(offerOf([entry({ ...claimed, claim })]).text).toBeNull();
  });

  it('of others are hostile: what is no offer, or asks for more than events, is left out', () => {
    const good = textOf(entry(eventOperation()));
    const change = setOperation('a', 1);
    const forged = JSON.parse(good);
    forged.operations.unshift({ ...forged.operations[0], change: change.change });
    const unsafe = JSON.parse(good);
    unsafe.operations[0].events[0].subject = 'cluster/../../x';
    const bad = [
      ...['', '{', 'null', '[]', '{"version":1}', '{"version":2,"operations":[]}'],
      good.replace('"version":1', '"version":9'),
      `${good}${' '.repeat(300_000)}`,
      JSON.stringify(forged),
      JSON.stringify(unsafe),
    ];
    for (const text of bad) expect(readOffer(text)).toEqual([]);
    expect(readOffer(good)).toHaveLength(1);
  });

  it('are bounded', () => {
    const many = Array.from({ length: 80 }, () => entry(eventOperation()));
    expect(offerOf(many).entries).toHaveLength(50);
    const large = eventOperation();
    const [first] = large.events;
    const event = { ...first?.event, notes: 'x'.repeat(200_000) } as never;
    expect(
      offerOf([entry({ ...large, events: [{ ...(first as object), event } as never] })]).text,
    ).toBeNull();
  });
});

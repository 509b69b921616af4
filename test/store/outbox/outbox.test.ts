import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/store/outbox/outbox.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { eventOperation, setOperation } from '../../support/store-fixtures.js';

describe('Outbox', () => {
  it('keeps operations whole and in the order of their making, whatever their ids', async () => {
    const folder = temporaryFolder();
    const [late, early] = [{ ...eventOperation(), id: `7${'Z'.repeat(25)}` }, eventOperation()];
    const set = setOperation('a."b.c".0', { x: [1, null, 'y'] }, [{ check: 'absent', path: ['z'] }]);
    for (const operation of [late, early, set]) await new Outbox(folder).add(operation, 't');
    const entries = await new Outbox(folder).list();
    expect(entries.map(({ operation }) => operation)).toEqual([late, early, set]);
    expect(readdirSync(join(folder, 'outbox')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('lists an entry that is cut off or of another version as unreadable, and can drop it', async () => {
    const folder = temporaryFolder();
    const outbox = new Outbox(folder);
    const [cut, newer, whole] = [eventOperation(), eventOperation(), eventOperation()];
    for (const operation of [cut, newer, whole]) await outbox.add(operation, 't');
    const [first, second] = readdirSync(join(folder, 'outbox'))
      .sort()
      .map((name) => join(folder, 'outbox', name));
    truncateSync(first as string, 40);
    writeFileSync(
      second as string,
      readFileSync(second as string, 'utf8').replace('"version":1', '"version":9'),
    );
    expect((await outbox.list()).map(({ operation }) => operation?.id ?? null)).toEqual([
      null,
      null,
      whole.id,
    ]);
    expect(await outbox.remove(cut.id)).toBe(true);
    expect(await outbox.remove(cut.id)).toBe(false);
    expect(await outbox.size()).toBe(2);
  });

  it('goes on with the sequence while anything waits', async () => {
    const outbox = new Outbox(temporaryFolder());
    const operations = [eventOperation(), eventOperation(), eventOperation()];
    await outbox.add(operations[0] as never, 't');
    await outbox.add(operations[1] as never, 't');
    await outbox.remove((operations[0] as { id: string }).id);
    await outbox.add(operations[2] as never, 't');
    expect((await outbox.list()).map(({ name }) => Number(name.slice(0, 12)))).toEqual([2, 3]);
  });

  it('hands a result over once, and forgets old ones that nobody came for, but rejections', async () => {
    const outbox = new Outbox(temporaryFolder());
    const [a, b, c] = [eventOperation().id, eventOperation().id, eventOperation().id];
    await outbox.report(a, { kind: 'unchanged', revision: 'r', attempts: 1 });
    expect(await outbox.takeResult(a)).toEqual({ kind: 'unchanged', revision: 'r', attempts: 1 });
    expect(await outbox.takeResult(a)).toBeNull();
    const { ConflictError } = await import('../../../src/errors.js');
    await outbox.report(b, { kind: 'unchanged', revision: 'r', attempts: 1 });
    await outbox.report(c, {
      kind: 'rejected',
      error: new ConflictError('no', { data: { path: 'x' } }),
      attempts: 1,
    });
    await outbox.forgetOld(Date.now() + 2 * 60 * 60 * 1000);
    expect(await outbox.takeResult(b)).toBeNull();
    expect(await outbox.takeRejected()).toMatchObject([
      { id: c, error: { code: 'CONFLICT', data: { path: 'x' } } },
    ]);
  });
});

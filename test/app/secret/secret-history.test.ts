import { describe, expect, it } from 'vitest';
import { compareStates } from '../../../src/app/read/compare-states.js';
import { readValue } from '../../../src/app/read/read-value.js';
import { stateChanges } from '../../../src/app/read/state-changes.js';
import { unsetPaths } from '../../../src/app/write/unset-paths.js';
import { changesResult } from '../../../src/cli/render/change-rows.js';
import { REFUSE_BROKEN } from '../../../src/model/event/broken-events.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { publishedChange } from '../../../src/review/published-change.js';
import { screenOf } from '../../../src/terminal/output.js';
import { sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';

const VALUES = ['hunter22-Tr0ub4dor', 'another-Secret1'];
const PATH = 'azure.client_secret';

describe.runIf(HAS_SOPS)('the history of a secret', () => {
  it('is told by diff, history and watch as a row without a value; --at reads the older one', async () => {
    const ada = makeMember();
    const memory = await sharedWriting(ada.recipient);
    const first = (await memory.store.head()).revision ?? '';
    await memory.setSecrets({ [PATH]: VALUES[0] ?? '' });
    const second = (await memory.store.head()).revision ?? '';
    await memory.setSecrets({ [PATH]: VALUES[1] ?? '' });
    await unsetPaths(await memory.writing(), { paths: [parseStatePath(PATH)], fields: { action: 'tidied' } });
    const last = (await memory.store.head()).revision ?? '';
    const context = await memory.writing();
    const set = { path: PATH, secret: true, user: 'Ada', action: 'state_changed' };
    const removed = { path: PATH, secret: true, removed: true, user: 'Ada', action: 'tidied' };

    const rows = async (from?: string, to?: string) =>
      (await compareStates(context, from, to)).changes[0]?.rows;
    expect(await rows(first, second)).toMatchObject([set]);
    expect(await rows(second, last)).toMatchObject([removed]);
    expect(await rows(first, last)).toEqual([]);
    expect(await rows()).toMatchObject([removed]);

    const history = await stateChanges(context, parseStatePath('azure'), REFUSE_BROKEN);
    expect(history.rows.slice(-3)).toMatchObject([set, set, removed]);

    const reveal = sopsEnvironment(ada);
    const at = async (revision: string, shown = {}) =>
      readValue(
        context,
        { path: parseStatePath(PATH), at: revision, mayMiss: true, ...shown },
        memory.clock.now(),
      );
    expect((await at(second, { reveal })).value).toBe(VALUES[0]);
    expect((await at(second)).value).toEqual({ secret: true });
    // A part of a secret is as secret as the whole.
    const part = { path: parseStatePath(`${PATH}.secret`) };
    expect((await at(second, part)).value).toEqual({ secret: true });
    expect((await at(second, { ...part, reveal })).value).toBeUndefined();
    expect((await at(last, { reveal })).value).toBeUndefined();

    const published = [];
    for await (const change of memory.store.changes(first, new AbortController().signal)) {
      published.push(await publishedChange(memory.store, change, REFUSE_BROKEN));
      if (change.revision === last) break;
    }
    expect(published.map(({ changes, files }) => [changes, files])).toMatchObject([
      [[set], []],
      [[set], []],
      [[removed], []],
    ]);

    const screen = screenOf({ isTTY: false, columns: 0 }, {}, true);
    const { json, lines } = changesResult([history], { none: '' });
    const text = JSON.stringify([json, lines(screen, false), published]);
    expect(text).toContain('<secret>');
    for (const value of VALUES) expect(text).not.toContain(value);
  });

  it('does not hide the event in the table of all values, and the record adds up', async () => {
    const memory = await sharedWriting();
    await memory.setSecrets({ [PATH]: VALUES[0] ?? '', 'azure.keys.0': 'k' });
    const context = await memory.writing();
    const changes = await stateChanges(context, null, REFUSE_BROKEN);
    expect(changes.rows.map(({ path, secret = false, action }) => [path, secret, action])).toEqual([
      ['azure.region', false, 'begun'],
      ['kof.version', false, 'begun'],
      [PATH, true, 'state_changed'],
      ['azure.keys.0', true, 'state_changed'],
    ]);
    const { lines } = changesResult([changes], { isTable: true, none: '' });
    expect(lines(screenOf({ isTTY: false, columns: 0 }, {}, true), false).join('\n')).toMatch(
      /client_secret.*<secret>/,
    );
  });
});

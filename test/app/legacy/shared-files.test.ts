import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportFiles, type LockedSecrets } from '../../../src/app/legacy/export-files.js';
import { mergeHost } from '../../../src/app/legacy/merge-host.js';
import { readValue } from '../../../src/app/read/read-value.js';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import type { Value } from '../../../src/model/value/value.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { isStateKey, WithheldValues } from '../../../src/store/local/withheld-values.js';
import { readEvents } from '../../../src/store/read/records.js';
import { secretFiles } from '../../../src/store/read/secret-files.js';
import { mergeRead } from '../../../src/sync/apply/merge-files.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { countedSops } from '../../support/sops/counted-sops.js';
import { HAS_SOPS, type Member, makeMember } from '../../support/sops/team-keys.js';

const SUBJECT = deployment('dep-s');
const PASSWORD = 'deployment.admin_password';
const OPTIONS = { queue: false, requirePublish: true, dryRun: false, withdraw: false, deadline: 1e15 };
const KEY = 'YFl+y7bWvGfbPi0SFA4HGBzXmFqK6WYHRkYqPuRGhV8=';
let ada: Member;

beforeAll(() => {
  if (HAS_SOPS) ada = makeMember();
});

/** A deployment's state file. */
function stateFile(password: string | null, more = '', updated = '08:00'): string {
  const secret = password === null ? '' : `admin_password: ${password}\n`;
  return `deployment_id: dep-s\nlast_updated: "2025-12-10T${updated}:00Z"\n${secret}${more}`;
}

/** A team that shares secrets with Ada, and a clone of hers with a checkout of the scripts. */
async function team({ isShared = true } = {}) {
  const memory = memoryWriting();
  const share = async () =>
    changeRecipients(await memory.writing(), { add: [ageRecipient(ada.recipient)], remove: [] });
  if (isShared) await share();
  const root = temporaryFolder();
  const file = join(root, 'state/deployment-state.yaml');
  mkdirSync(join(root, 'state'));
  const sops = { ada: countedSops(ada), nobody: countedSops() };
  /** Merges the state file as `kgit mirror` does. */
  const merge = async (
    text: string,
    who: keyof typeof sops = 'ada',
    clone: Pick<typeof memory, 'context' | 'writer'> = memory,
    { queue = false, meanwhile = async () => {} } = {},
  ) => {
    writeFileSync(file, text);
    const keep = async (operation: Parameters<typeof clone.context.opened.repository.write>[0]) => {
      await meanwhile();
      await clone.context.opened.repository.write(operation, { ...OPTIONS, queue, requirePublish: !queue });
    };
    const host = mergeHost(clone.context, clone.writer, keep, sops[who].environment);
    const { files, conflicts, parts } = await mergeRead(await readLegacyFiles([root]), host);
    return { ...files[0], conflicts, parts };
  };
  const view = async () => (await memory.read()).reading.view;
  return {
    ...{ memory, sops, merge, share, root },
    names: async () => [...(await secretFiles(await view(), SUBJECT)).keys()].sort(),
    value: async (name = PASSWORD) => {
      const host = mergeHost(memory.context, memory.writer, async () => {}, sops.ada.environment);
      const secrets = await host.team(await view());
      return (await secrets?.read(await secretFiles(await view(), SUBJECT)))?.get(name);
    },
    /** Sets a secret by hand, or removes it. */
    byHand: async (name: string, value: Value | undefined) => {
      const writing = await memory.writing({ environment: sops.nobody.environment });
      const secrets = new Map([[name, value]]);
      await changeState(
        writing,
        { deployment: 'dep-s', create: true },
        {
          ...{ fields: { action: 'set' }, edits: [], secrets },
        },
      );
    },
    /** Damages the encrypted texts in the records of imported files. */
    damage: () => {
      const folder = join(memory.context.opened.localFolder, 'imports');
      for (const name of readdirSync(folder)) {
        const text = readFileSync(join(folder, name), 'utf8');
        writeFileSync(join(folder, name), text.replaceAll('ENC[AES256', 'x'));
      }
    },
    local: () => new WithheldValues(memory.context.opened.localFolder).all(SUBJECT),
    /** All that this machine has in its own folder. */
    disk: () => {
      const folder = memory.context.opened.localFolder;
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
      return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
    },
  };
}

describe.runIf(HAS_SOPS)('secrets of legacy files', () => {
  it('are written again without a key where the file changed, but not over what somebody else wrote', async () => {
    const { merge, value, byHand, sops } = await team();
    expect((await merge(stateFile('one-Secret1'), 'nobody')).secrets).toMatchObject({ set: 1 });
    const { secrets, parts } = await merge(stateFile('one-Secret1'), 'nobody');
    expect([secrets, parts]).toEqual([{ set: 0, unchanged: 1, conflicts: 0 }, []]);
    await merge(stateFile('two-Secret2', '', '09:00'), 'nobody');
    expect(await value()).toBe('two-Secret2');
    await byHand(PASSWORD, 'hand-Secret3');
    const { conflicts } = await merge(stateFile('two-Secret2', 'phase: x\n', '10:00'), 'nobody');
    const mark = { secret: true };
    expect(conflicts).toEqual([
      {
        ...{ deployment: 'dep-s', path: PASSWORD, from: 'state/deployment-state.yaml' },
        ...{ repository: mark, file: mark },
      },
    ]);
    expect(await value()).toBe('hand-Secret3');
    // One is tried for each changed file: all have the same recipients.
    expect(sops.nobody.count('decrypt')).toBe(2);
  });

  it('that were removed, or changed by hand alone, stay so where a key shows that the file has the old one', async () => {
    const { merge, names, value, byHand, damage } = await team();
    await merge(stateFile('one-Secret1'));
    await byHand(PASSWORD, 'hand-Secret3');
    expect((await merge(stateFile('one-Secret1', 'phase: x\n', '09:00'))).conflicts).toEqual([]);
    expect(await value()).toBe('hand-Secret3');
    await byHand(PASSWORD, undefined);
    expect((await merge(stateFile('one-Secret1', 'phase: y\n', '10:00'))).conflicts).toEqual([]);
    expect(await names()).toEqual(['order:deployment-state:']);
    // A damaged record counts as none: nobody can tell who changed it.
    damage();
    expect((await merge(stateFile('one-Secret1', 'phase: z\n', '10:30'))).conflicts).toHaveLength(1);
    // Both sides have changed it.
    expect((await merge(stateFile('two-Secret2', 'phase: y\n', '11:00'))).conflicts).toHaveLength(1);
    expect(await names()).toEqual(['order:deployment-state:']);
  });

  it('are known on another clone: an equal file writes nothing, without a key only a newer one does', async () => {
    const { memory, merge, value, sops } = await team();
    await merge(stateFile('one-Secret1'));
    const other = memoryContext({}, memory.store, memory.clock);
    expect((await merge(stateFile('one-Secret1'), 'nobody', other)).parts).toEqual([]);
    const third = memoryContext({}, memory.store, memory.clock);
    await merge(stateFile('old-Secret0', '', '07:00'), 'nobody', third);
    expect(await value()).toBe('one-Secret1');
    const fourth = memoryContext({}, memory.store, memory.clock);
    await merge(stateFile('two-Secret2', '', '09:00'), 'nobody', fourth);
    expect(await value()).toBe('two-Secret2');
    // One key that does not fit is enough to know that there is none.
    expect(sops.nobody.count('decrypt')).toBe(3);
  });

  it('leave this machine when the team begins to share them, those of files that are gone as well', async () => {
    const { memory, merge, share, names, value, local, disk } = await team({ isShared: false });
    await merge(stateFile('one-Secret1'));
    const withheld = new WithheldValues(memory.context.opened.localFolder);
    await withheld.put(SUBJECT, new Map([['kof.gone_password', 'gone-Secret4']]));
    expect(disk()).toContain('one-Secret1');
    await share();
    const row = await merge(stateFile('one-Secret1'));
    expect(row).toMatchObject({ withheld: [], shared: [PASSWORD], events: { new: 0 } });
    expect(await names()).toEqual([PASSWORD, 'kof.gone_password', 'order:deployment-state:']);
    expect([await value(), await value('kof.gone_password')]).toEqual(['one-Secret1', 'gone-Secret4']);
    expect((await local()).size).toBe(0);
    for (const secret of ['one-Secret1', 'gone-Secret4']) expect(disk()).not.toContain(secret);
  });

  it('stay on this machine until the operation that shares them is published', async () => {
    const { memory, merge, share, local, disk } = await team({ isShared: false });
    await merge(stateFile('one-Secret1'));
    const withheld = new WithheldValues(memory.context.opened.localFolder);
    await withheld.put(SUBJECT, new Map([['kof.gone_password', 'gone-Secret4']]));
    await share();
    await merge(stateFile('one-Secret1'), 'ada', memory, { queue: true });
    expect([...(await local()).values()]).toEqual(expect.arrayContaining(['one-Secret1', 'gone-Secret4']));
    // Another clone changes the recipients: what waits is refused, and the next import shares all that was withheld.
    const change = { add: [ageRecipient(makeMember().recipient)], remove: [] };
    const other = memoryContext({}, memory.store, memory.clock);
    await changeRecipients(await memory.writing({ ...(await other.read()) }), change);
    expect((await memory.context.opened.repository.sync(1e15)).rejected).toHaveLength(1);
    expect([...(await local()).values()]).toEqual(expect.arrayContaining(['one-Secret1', 'gone-Secret4']));
    await merge(stateFile('one-Secret1'));
    expect((await local()).size).toBe(0);
    for (const secret of ['one-Secret1', 'gone-Secret4']) expect(disk()).not.toContain(secret);
  });

  it('that somebody sets between reading and writing are left as they are', async () => {
    const { merge, value, byHand } = await team();
    await merge(stateFile(null));
    const meanwhile = () => byHand(PASSWORD, 'hand-Secret3');
    await merge(stateFile('one-Secret1', 'phase: x\n', '09:00'), 'ada', undefined, { meanwhile });
    expect(await value()).toBe('hand-Secret3');
  });

  it('that the team removed are not shared again by copies from before, nor read from them', async () => {
    const { memory, merge, share, byHand, names, disk } = await team({ isShared: false });
    await merge(stateFile('one-Secret1'));
    const withheld = new WithheldValues(memory.context.opened.localFolder);
    await withheld.put(SUBJECT, new Map([['kof.gone_password', 'gone-Secret4']]));
    await share();
    for (const name of [PASSWORD, 'kof.gone_password'])
      for (const value of ['hand-Secret3', undefined]) await byHand(name, value);
    const get = async (path: string) =>
      (await readValue(await memory.read(), { path: parseStatePath(path), mayMiss: true }, 0)).value;
    expect([await get(PASSWORD), await get('kof.gone_password')]).toEqual([undefined, undefined]);
    for (const text of [stateFile('one-Secret1'), stateFile('one-Secret1', 'phase: x\n', '09:00')])
      expect((await merge(text)).conflicts).toEqual([]);
    expect((await names()).filter(isStateKey)).toEqual([]);
    expect(disk()).not.toContain('gone-Secret4');
    // A new value in the file is a conflict.
    expect((await merge(stateFile('two-Secret2', '', '10:00'))).conflicts).toHaveLength(1);
  });

  it('that are readable in the repository, or whose name tells them, are not shared', async () => {
    const { memory, merge, names, local } = await team();
    await merge(stateFile(null));
    const writing = await memory.writing({ terms: { allowSecret: 'test' } });
    await changeState(
      writing,
      { deployment: 'dep-s' },
      {
        fields: { action: 'set' },
        edits: [{ op: 'set', path: parseStatePath(PASSWORD), value: 'readable-Secret5' }],
      },
    );
    const keyed = `wireguard_keys:\n  "private_key ${KEY}": laptop\n`;
    const row = await merge(stateFile('one-Secret1', keyed, '09:00'));
    expect(row.warnings).toEqual([expect.stringContaining('is readable in the repository')]);
    expect(row.withheld).toHaveLength(1);
    expect(JSON.stringify([row, await names()])).not.toContain(KEY);
    expect([...(await local()).keys()]).toEqual([expect.stringContaining(KEY)]);
  });

  it('inside of another secret conflict with it', async () => {
    const { merge, names, byHand } = await team();
    await merge(stateFile(null));
    await byHand('deployment.login', 'user:hand-Secret3');
    const nested = 'login:\n  admin_password: one-Secret1\n';
    const { conflicts } = await merge(stateFile(null, nested, '09:00'));
    expect(conflicts.map(({ path }) => path)).toEqual(['deployment.login']);
    await byHand('deployment.tokens.api_token', 'hand-Secret3');
    const above = `tokens: [${KEY}]\n`;
    const again = await merge(stateFile(null, above, '10:00'));
    expect(again.conflicts.map(({ path }) => path)).toEqual(['deployment.tokens']);
    expect((await names()).filter(isStateKey)).toEqual(['deployment.login', 'deployment.tokens.api_token']);
  });

  it('are what the team keeps as secrets, whatever they look like', async () => {
    const { memory, merge, names, value, byHand } = await team();
    await merge(stateFile(null));
    await byHand('deployment.greeting', 'hello');
    const { shared, conflicts } = await merge(stateFile(null, 'greeting: hello\n', '09:00'));
    expect([shared, conflicts]).toEqual([['deployment.greeting'], []]);
    await merge(stateFile(null, 'greeting: goodbye\n', '10:00'));
    expect(await value('deployment.greeting')).toBe('goodbye');
    expect((await names()).filter(isStateKey)).toEqual(['deployment.greeting']);
    const { view } = (await memory.read()).reading;
    const events = (await readEvents(view, SUBJECT)).map((event) => JSON.stringify(event.read()));
    expect(events.filter((text) => /hello|goodbye/.test(text))).toEqual([]);
  });

  it('are known as such where export has written them, so that a change beside them publishes none', async () => {
    const { memory, merge, byHand, sops, root, disk, value } = await team();
    await merge(stateFile(null, 'phase: x\n'));
    await byHand('deployment.greeting', 'hello');
    const told: LockedSecrets[] = [];
    const lock = new FolderLock(temporaryFolder(), thisHost, systemClock);
    const exports = async (to: string, { environment }: typeof sops.ada) =>
      exportFiles(
        await memory.read(),
        { to, force: false },
        {
          ...{ lock, environment, skipped: new SkippedEvents() },
          onLocked: (_name, locked) => told.push(locked),
          noting: (noted) => noted,
        },
      );
    await exports(root, sops.ada);
    expect(told).toEqual([]);
    const file = join(root, 'state/deployment-state.yaml');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('greeting: hello');
    expect(disk()).not.toContain('hello');
    const { conflicts } = await merge(text.replace('phase: x', 'phase: y'));
    expect([conflicts, await value('deployment.greeting')]).toEqual([[], 'hello']);
    const events = await readEvents((await memory.read()).reading.view, SUBJECT);
    expect(JSON.stringify(events.map((event) => event.read()))).not.toContain('hello');
    expect(disk()).not.toContain('hello');
    // Without a key, what this machine had before is taken, and said to be so.
    const own = new WithheldValues(memory.context.opened.localFolder);
    await own.put(SUBJECT, new Map([['deployment.greeting', 'good day']]));
    await byHand('deployment.other', 'hi');
    await exports(temporaryFolder(), sops.nobody);
    expect(told).toEqual([
      { leftOut: ['deployment.other', 'order:deployment-state:'], copied: ['deployment.greeting'] },
    ]);
  });
});

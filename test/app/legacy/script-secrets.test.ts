import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BackgroundWriter } from '../../../src/app/legacy/background-writer.js';
import { TeamSecrets } from '../../../src/app/legacy/script-secrets.js';
import { scriptCalls } from '../../../src/app/legacy/serve-script.js';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { TeamValues } from '../../../src/app/secret/team-values.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { deployment, type Subject } from '../../../src/model/subject/subject.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { secretFile } from '../../../src/model/team-secret/secret-name.js';
import { changedRecipients } from '../../../src/model/team-secret/sops-config.js';
import type { Value } from '../../../src/model/value/value.js';
import { Sops } from '../../../src/secrets/sops.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { UnfinishedCalls } from '../../../src/store/local/unfinished-calls.js';
import { WithheldValues } from '../../../src/store/local/withheld-values.js';
import { readEvents, readState } from '../../../src/store/read/records.js';
import { secretFiles } from '../../../src/store/read/secret-files.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { countedSops } from '../../support/sops/counted-sops.js';
import { HAS_SOPS, type Member, makeMember } from '../../support/sops/team-keys.js';
import { FaultyStore } from '../../support/store-fixtures.js';

const SUBJECT = deployment('k0rdent-x');
const PRIVATE = 'YFl+y7bWvGfbPi0SFA4HGBzXmFqK6WYHRkYqPuRGhV8=';
const OTHER = 'aGV8zRKxB0q1p8mJm0QzkqZp0bSxK5c5sQmQ3o7vT0I=';
const PUBLIC = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const PEER = 'deployment.wireguard_peers.vm1.private_key';
const STATE = `deployment_id: k0rdent-x
phase: setup_network
wireguard_peers:
  vm1: {ip: 172.24.24.11, role: controller}
  vm2: {ip: 172.24.24.12, role: worker}
`;
const PLACES = [
  'state',
  'state/deployment-state.yaml',
  'state/deployment-events.yaml',
  'state/azure-state.yaml',
  'state/azure-events.yaml',
];

/** A repository in memory, and scripts of its users. */
function team() {
  const memory = memoryWriting({}, new FaultyStore());
  const { opened, settings } = memory.context;
  const view = async () => (await memory.read()).reading.view;
  const share = async (add: readonly Member[], remove: readonly Member[] = []) => {
    const ids = (members: readonly Member[]) =>
      members.map(({ recipient }) => ({ kind: 'age' as const, id: recipient }));
    await changeRecipients(await memory.writing(), { add: ids(add), remove: ids(remove) });
  };
  /** Starts a script in a folder of its own with this state file. */
  const script = async (environment: Record<string, string>, state = STATE, isAfterKill = false) => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'state'));
    writeFileSync(join(root, 'state/deployment-state.yaml'), state);
    writeFileSync(join(root, 'state/deployment-events.yaml'), 'deployment_id: k0rdent-x\nevents: []\n');
    const paths = [join(root, 'state/deployment-state.yaml')];
    const killed = new UnfinishedCalls(opened.localFolder);
    if (isAfterKill) await killed.begin({ folder: join(root, 'state'), paths });
    const notes: string[] = [];
    const note = (message: string) => notes.push(message);
    const writer = new BackgroundWriter(opened, settings, { clock: memory.clock, isOffline: false, note });
    const calls = await scriptCalls(memory.context, {
      writer: memory.writer,
      keep: (operation, again) => writer.keep(operation, again),
      environment,
      lock: new FolderLock(temporaryFolder(), thisHost, systemClock),
      now: () => memory.clock.now(),
    });
    const call = async (name: string, ...args: string[]) => calls.serve([name, root, ...PLACES, ...args]);
    return { root, call, writer, notes };
  };
  return {
    ...memory,
    ...{ view, share, script },
    names: async (subject: Subject = SUBJECT) => [...(await secretFiles(await view(), subject)).keys()],
    /** Sets secrets as a teammate does. */
    byHand: async (secrets: Readonly<Record<string, Value>>) => {
      const writing = await memory.writing({ environment: countedSops().environment });
      const change = { fields: { action: 'set' }, edits: [], secrets: new Map(Object.entries(secrets)) };
      await changeState(writing, { deployment: SUBJECT.id, create: true }, change);
    },
    /** What of the deployment is readable in the repository, and all that this machine has in its own folder. */
    clear: async () => {
      const now = await view();
      const events = (await readEvents(now, SUBJECT)).map((event) => event.read());
      const disk = readdirSync(opened.localFolder, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
      return JSON.stringify([await readState(now, SUBJECT.id), events, disk]);
    },
    /** Withholds a value on this machine. */
    put: (name: string, value: string) =>
      new WithheldValues(opened.localFolder).put(SUBJECT, new Map([[name, value]])),
    /** The secrets as a script's helper keeps them. */
    kept: (environment: Record<string, string>) =>
      new TeamSecrets({
        head: () => opened.repository.store.head(),
        read: view,
        local: new WithheldValues(opened.localFolder),
        openTeam: async () =>
          new TeamValues(new Sops({ environment, kinds: ['age'], timeoutMs: 60_000, parallel: 2 })),
      }),
    local: () => new WithheldValues(opened.localFolder).all(SUBJECT),
    /** A secret as a member reads it; undefined if that member cannot. */
    read: async (member: Member, name: string) => {
      const { environment } = countedSops(member);
      const sops = new Sops({ environment, kinds: ['age'], timeoutMs: 60_000, parallel: 2 });
      const now = await view();
      const files = await secretFiles(now, SUBJECT);
      const own = new Map([...files].filter(([path]) => path === name));
      return (await new TeamValues(sops).read(now, own)).values.get(name);
    },
    changes: async () =>
      (await readEvents(await view(), SUBJECT)).flatMap((event) => event.read().changes ?? []),
  };
}

const done = { status: 0, out: '', notes: '' };

describe.runIf(HAS_SOPS)('a script of a team that shares secrets', () => {
  it('writes them encrypted, each time one changes, and nothing on this machine', async () => {
    const ada = makeMember();
    const { share, script, names, local, read, changes } = team();
    await share([ada]);
    const { environment, count } = countedSops();
    const { call, writer } = await script(environment);
    expect(await call('update_state', 'phase', 'create_vms')).toEqual(done);
    expect(count('encrypt')).toBe(0);
    expect(await call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC)).toEqual(done);
    expect((await names()).sort()).toEqual([PEER, 'order:deployment-state:wireguard_peers.vm1']);
    expect(await read(ada, PEER)).toBe(PRIVATE);
    const before = count('encrypt');
    // The order of keys is as it was, so that one file is written; and none for a value that is there already.
    expect(await call('update_wireguard_peer', 'vm1', OTHER, PUBLIC)).toEqual(done);
    expect(await call('update_wireguard_peer', 'vm1', OTHER, PUBLIC)).toEqual(done);
    expect(count('encrypt')).toBe(before + 1);
    await writer.finish();
    expect(await read(ada, PEER)).toBe(OTHER);
    expect(await call('get_wireguard_private_key', 'vm1')).toEqual({ ...done, out: OTHER });
    expect(count('decrypt')).toBe(0);
    expect((await local()).size).toBe(0);
    expect((await changes()).filter(({ path }) => path === PEER)).toEqual([
      { path: PEER, secret: true },
      { path: PEER, secret: true },
    ]);
  });

  it('are read from the team where the file lacks them, those of one family side by side', async () => {
    const ada = makeMember();
    const { share, script } = team();
    await share([ada]);
    const first = await script(countedSops().environment);
    await first.call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC);
    await first.call('update_wireguard_peer', 'vm2', OTHER, PUBLIC);
    await first.writer.finish();
    const taken = STATE.replaceAll('role', 'public_key: x, role');
    const { environment, count } = countedSops(ada);
    const { call } = await script(environment, taken);
    const read = async (host: string) => call('get_wireguard_private_key', host);
    expect(await read('vm1')).toEqual({ ...done, out: PRIVATE });
    expect(await read('vm2')).toEqual({ ...done, out: OTHER });
    expect(await read('vm1')).toEqual({ ...done, out: PRIVATE });
    expect(count('decrypt')).toBe(2);
    const keyless = await script(countedSops(makeMember()).environment, taken);
    const { status, out, notes } = await keyless.call('get_wireguard_private_key', 'vm1');
    expect([status, out]).toEqual([19, '']);
    expect(notes).toContain('you have no key for it');
    expect(notes).toContain('kgit secrets recipients add');
  });

  it('without sops, goes on: they stay on this machine, and a note says how to share them', async () => {
    const { share, script, names, local } = team();
    await share([makeMember()]);
    const { call, root } = await script({ PATH: temporaryFolder() });
    const { status, notes } = await call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC);
    expect(status).toBe(0);
    expect(notes).toContain('there is no sops');
    expect(notes).toContain(`kgit import ${join(root, 'state')}`);
    expect(await names()).toEqual([]);
    expect((await local()).get(PEER)).toBe(PRIVATE);
    expect(await call('get_wireguard_private_key', 'vm1')).toEqual({ ...done, out: PRIVATE });
  });

  it('of a call that was killed are shared by the next script, or withheld if that has no sops', async () => {
    const { share, script, names, local, store } = team();
    await share([makeMember()]);
    const left = STATE.replace('role: worker', `role: worker, private_key: ${PRIVATE}`);
    const name = PEER.replace('vm1', 'vm2');
    const without = await script({ PATH: temporaryFolder() }, left, true);
    const { status, notes } = await without.call('get_state', 'phase');
    expect(status).toBe(0);
    expect(notes).toContain(`kgit import ${join(without.root, 'state')}`);
    expect([await names(), (await local()).get(name)]).toEqual([[], PRIVATE]);
    let answers = () => undefined as unknown;
    const answered = new Promise<void>((resolve) => {
      answers = resolve;
    });
    store.onSwap = async () => {
      await answered;
      return null;
    };
    const next = await script(countedSops().environment, left, true);
    expect(await next.call('get_state', 'phase')).toEqual({ ...done, out: 'setup_network' });
    // It stays here until it is published: what waits may be refused.
    expect([(await names()).includes(name), (await local()).get(name)]).toEqual([true, PRIVATE]);
    answers();
    await next.writer.finish();
    await (await script(countedSops().environment, left, true)).call('get_state', 'phase');
    expect([(await names()).includes(name), (await local()).size]).toEqual([true, 0]);
  });

  it('encrypts them again where the recipients change before they are published', async () => {
    const [ada, ben] = [makeMember(), makeMember()];
    const { share, script, read, context, store, changes } = team();
    await share([ada]);
    const { call, writer, notes } = await script(countedSops().environment);
    // The change of another machine is published before them.
    const text = changedRecipients(null, { add: [ageRecipient(ben.recipient)], remove: [] });
    store.onSwap = async () => {
      store.onSwap = () => null;
      await store.sneak({ '.sops.yaml': text });
      return null;
    };
    await call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC);
    await call('add_event', 'noted', 'password: Tr0ub4dor&3xyz');
    await writer.finish();
    expect(notes).toEqual([]);
    expect(await context.opened.repository.outbox.size()).toBe(0);
    expect(await read(ben, PEER)).toBe(PRIVATE);
    expect(await read(ada, PEER)).toBeUndefined();
    const told = (await changes()).filter(({ secret }) => secret);
    expect(told.map(({ path }) => path.replace(/^event:[^:]*/, 'event')).sort()).toEqual([
      PEER,
      'event:message',
      'order:deployment-state:wireguard_peers.vm1',
    ]);
  });

  it('takes the readable value away where a secret takes its place, which then stays secret whatever it looks like', async () => {
    const ada = makeMember();
    const { share, script, names, view, read } = team();
    await share([ada]);
    const { call } = await script(countedSops().environment);
    const stored = async () => (await readState(await view(), SUBJECT.id))?.['deployment'];
    await call('update_state', 'db_password', 'changeme');
    expect(await stored()).toMatchObject({ db_password: 'changeme' });
    await call('update_state', 'db_password', 'Tr0ub4dor-3xyz');
    expect(await names()).toContain('deployment.db_password');
    expect(await stored()).not.toHaveProperty('db_password');
    await call('update_state', 'db_password', 'changeme');
    expect(await read(ada, 'deployment.db_password')).toBe('changeme');
    expect(await stored()).not.toHaveProperty('db_password');
  });

  it('keeps secret what is at or below the path of a secret that somebody set by hand', async () => {
    const ada = makeMember();
    const { share, script, names, read, byHand, clear } = team();
    await share([ada]);
    await byHand({
      'deployment.sas': 'plain-1',
      'deployment.opts': { one: 'plain-2' },
      'azure.tenant': 'plain-3',
    });
    const state = `${STATE}sas: plain-1\nopts: {one: plain-2, two: x}\n`;
    const { call, writer } = await script(countedSops(ada).environment, state);
    for (const [path, value] of [
      ['sas', 'plain-4'],
      ['opts.one', 'plain-5'],
      ['opts.three', 'plain-6'],
    ] as const)
      expect(await call('update_state', path, value)).toEqual(done);
    expect(await call('update_azure_state', 'tenant', 'plain-7')).toEqual(done);
    await writer.finish();
    expect(await read(ada, 'deployment.sas')).toBe('plain-4');
    expect(await read(ada, 'deployment.opts')).toEqual({ one: 'plain-5', two: 'x', three: 'plain-6' });
    expect(await read(ada, 'azure.tenant')).toBe('plain-7');
    expect(await clear()).not.toMatch(/plain-\d/);
    // A sibling that this file has first takes no secret away.
    await byHand({ 'deployment.more.token': 'plain-8' });
    expect(await call('update_state', 'more.size', '3')).toEqual(done);
    expect(await call('remove_azure_state_key', 'tenant')).toEqual(done);
    await writer.finish();
    expect(await names()).toContain('deployment.more.token');
    expect(await names()).not.toContain('azure.tenant');
  });

  it('that were not kept are written again; one that was tampered with is told, though this machine has a copy', async () => {
    const ada = makeMember();
    const { share, script, local, put, kept, read, byHand, names, store } = team();
    await share([ada]);
    const { environment, count } = countedSops(ada);
    const secrets = kept(environment);
    const values = new Map([[PEER, PRIVATE]]);
    expect(await secrets.keep(SUBJECT, 'one', values)).not.toBeNull();
    expect(await names()).toEqual([]);
    const writes = await secrets.keep(SUBJECT, 'two', values);
    expect(writes?.files).toHaveLength(1);
    await put(PEER, OTHER);
    await secrets.stand(writes ? [writes] : []);
    expect(await secrets.keep(SUBJECT, 'three', values)).toBeNull();
    expect([count('encrypt'), (await local()).size]).toEqual([2, 0]);
    await byHand({ [PEER]: PRIVATE });
    await put(PEER, OTHER);
    const taken = STATE.replaceAll('role', 'public_key: x, role');
    const keyless = await script(countedSops(makeMember()).environment, taken);
    const { out, notes } = await keyless.call('get_wireguard_private_key', 'vm1');
    expect([out, notes]).toEqual([OTHER, expect.stringContaining('which may be another')]);
    expect(await read(ada, PEER)).toBe(PRIVATE);
    const file = secretFile(SUBJECT, PEER);
    const text = String(await (await store.view((await store.head()).revision)).read(file));
    await store.sneak({
      [file]: text.replace(
        /mac: ENC\[AES256_GCM,data:./,
        (mac) => `${mac.slice(0, -1)}${mac.endsWith('A') ? 'B' : 'A'}`,
      ),
    });
    const { call } = await script(environment, taken);
    expect(await call('get_wireguard_private_key', 'vm1')).toMatchObject({ status: 1, out: '' });
  });

  it('of a team that shares none keeps them on this machine, and starts no sops', async () => {
    const { script, names, local } = team();
    const { environment, count } = countedSops(makeMember());
    const { call } = await script(environment);
    expect(await call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC)).toEqual(done);
    expect(await call('get_wireguard_private_key', 'vm1')).toEqual({ ...done, out: PRIVATE });
    expect(await names()).toEqual([]);
    expect((await local()).get(PEER)).toBe(PRIVATE);
    expect([count('encrypt'), count('decrypt')]).toEqual([0, 0]);
  });

  it('with a broken .sops.yaml goes on, and says what is wrong with it', async () => {
    const { script, local, store } = team();
    await store.sneak({ '.sops.yaml': 'creation_rules: [' });
    const { call } = await script(countedSops().environment);
    expect(await call('update_state', 'phase', 'create_vms')).toEqual(done);
    const { status, notes } = await call('update_wireguard_peer', 'vm1', PRIVATE, PUBLIC);
    expect(status).toBe(0);
    expect(notes).toContain('.sops.yaml');
    expect((await local()).get(PEER)).toBe(PRIVATE);
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ImportIntent, type ImportParts, importFiles } from '../../../src/app/legacy/import-files.js';
import { ConflictError, InvalidStateError, SecretError } from '../../../src/errors.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { WithheldValues } from '../../../src/store/local/withheld-values.js';
import { readEvents, readState } from '../../../src/store/read/records.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { FaultyStore, setOperation } from '../../support/store-fixtures.js';

type Memory = ReturnType<typeof memoryContext>;
type Parts = ImportParts<Awaited<ReturnType<Memory['read']>>>;

const STATE = 'state/deployment-state.yaml';
const LOG = `deployment_id: d
events:
  - {timestamp: "2025-07-11T13:30:00Z", action: first, message: one}
  - {timestamp: "2025-07-11T13:30:00Z", action: second, message: one}
`;

/** A checkout of the scripts with these values in its state file, and a log of two events. */
function checkout(values = '{a: 1}') {
  const root = temporaryFolder();
  mkdirSync(join(root, 'state'));
  let hour = 0;
  const write = (own: string, more = '') =>
    writeFileSync(
      join(root, STATE),
      `deployment_id: d\nlast_updated: "2025-12-04T0${++hour}:00:00Z"\nown: ${own}\n${more}`,
    );
  write(values);
  writeFileSync(join(root, 'state/deployment-events.yaml'), LOG);
  return { root, write };
}

/** Imports a checkout into a repository in memory, as `kgit import` does. Collects what is told. */
async function imports(
  memory: Memory,
  root: string,
  more: Partial<ImportIntent> = {},
  parts: Partial<Parts & Parts['talk']> = {},
) {
  const { repository } = memory.context.opened;
  const told: string[] = [];
  const intent = {
    files: await readLegacyFiles([root]),
    namespace: undefined,
    deployment: undefined,
    isLive: false,
    onConflict: 'fail' as const,
    skipInvalid: false,
    isDryRun: false,
    allowSecret: undefined,
    ...more,
  };
  const write: Parts['write'] = async (_context, operations) => {
    const outcomes = [];
    for (const operation of operations) {
      const isConditional = (operation.change?.preconditions.length ?? 0) > 0;
      outcomes.push(
        await repository.write(operation, {
          queue: false,
          requirePublish: false,
          dryRun: intent.isDryRun,
          withdraw: isConditional,
          deadline: memory.clock.now() + 1000,
        }),
      );
    }
    return outcomes;
  };
  const result = importFiles(intent, {
    environment: {},
    now: () => memory.clock.now(),
    open: memory.read,
    writer: memory.writer,
    write,
    ...parts,
    talk: {
      confirm: async () => void told.push('asked'),
      onParsed: () => undefined,
      onPublishing: () => told.push('publishing'),
      onRefused: () => told.push('refused'),
      onRefusedBefore: () => told.push('refused before'),
      ...parts,
    },
  });
  return { result, told, write };
}

const own = async (memory: Memory) => {
  const { view } = (await memory.read()).reading;
  const { own: values } = ((await readState(view, 'd')) as { deployment: { own: unknown } }).deployment;
  return values;
};

it('records events in the order of the file and state in one operation, asked once, and nothing again', async () => {
  const memory = memoryContext();
  const { root } = checkout();
  const { result, told } = await imports(memory, root);
  expect((await result).outcomes.map(({ delivery }) => delivery)).toEqual(['published']);
  expect(told).toEqual(['asked', 'publishing']);
  const { view } = (await memory.read()).reading;
  const events = await readEvents(view, deployment('d'));
  expect(events.map(({ head }) => head.action)).toEqual(['first', 'second', 'state_imported']);
  expect(await own(memory)).toEqual({ a: 1 });
  const again = await (await imports(memory, root)).result;
  expect(again).toMatchObject({ outcomes: [], written: 0, plan: { parts: [] } });
});

it('writes nothing where the user does not agree, and notes nothing in a dry run', async () => {
  const memory = memoryContext();
  const { root } = checkout();
  const no = async () => {
    throw new Error('no');
  };
  await expect((await imports(memory, root, {}, { confirm: no })).result).rejects.toThrow('no');
  expect((await memory.store.head()).revision).toBe(null);
  const dry = await (await imports(memory, root, { isDryRun: true })).result;
  expect(dry.outcomes.map(({ delivery }) => delivery)).toEqual(['dry-run']);
  expect((await memory.store.head()).revision).toBe(null);
  expect(await (await imports(memory, root)).result).toMatchObject({ written: 1 });
});

it('merges path by path with what was last imported, and obeys the rule for conflicts', async () => {
  const memory = memoryContext();
  const { repository } = memory.context.opened;
  const { root, write } = checkout('{a: 1, b: 1}');
  await (await imports(memory, root)).result;
  const options = { queue: false, requirePublish: false, dryRun: false, withdraw: false, deadline: 1e15 };
  await repository.write(setOperation('deployment.own.b', 2), options);
  write('{a: 2, b: 1}');
  await (await imports(memory, root)).result;
  expect(await own(memory)).toEqual({ a: 2, b: 2 });

  write('{a: 2, b: 3}');
  const { result, told } = await imports(memory, root);
  await expect(result).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { conflicts: [{ path: 'deployment.own.b', base: 1, repository: 2, file: 3 }] },
  });
  // The second time because a conflict may be over once the repository is read anew.
  expect(told).toEqual(['refused']);
  await (await imports(memory, root, { onConflict: 'repository' })).result;
  expect(await own(memory)).toEqual({ a: 2, b: 2 });
  write('{a: 2, b: 4}');
  await (await imports(memory, root, { onConflict: 'file' })).result;
  expect(await own(memory)).toEqual({ a: 2, b: 4 });
});

it('is planned anew where the state has changed since, three times at most', async () => {
  const memory = memoryContext();
  const { root } = checkout();
  let tries = 0;
  const { write } = await imports(memory, root, { isDryRun: true });
  const fails = (times: number): Partial<Parts> => ({
    write: (...args) => {
      tries += 1;
      if (tries <= times) throw new ConflictError('somebody was faster');
      return write(...args);
    },
  });
  await expect((await imports(memory, root, {}, fails(3))).result).rejects.toThrow('somebody was faster');
  expect(tries).toBe(3);
  tries = 0;
  const { result, told } = await imports(memory, root, {}, fails(2));
  await result;
  expect(tries).toBe(3);
  expect(told).toEqual(['asked', 'publishing', 'publishing', 'publishing']);
});

/** An import that waits in the outbox of a clone, of a file that has gone on since, and another clone of the same store. */
async function waiting() {
  const store = new FaultyStore();
  const memory = memoryContext({}, store) as unknown as Memory;
  const { repository } = memory.context.opened;
  const { root, write } = checkout('{shared: mine, first: 1}');
  const options = { queue: false, requirePublish: false, dryRun: false, withdraw: false, deadline: 1e15 };
  await repository.write(setOperation('deployment.other', 1), options);
  const queued: Partial<Parts> = {
    write: (_context, operations) =>
      Promise.all(operations.map((operation) => repository.write(operation, { ...options, queue: true }))),
  };
  await (await imports(memory, root, {}, queued)).result;
  write('{shared: mine, first: 1, second: 2}');
  const theirs = memoryContext({}, store).context.opened.repository;
  const others = async () => {
    await theirs.write(setOperation('deployment.own.shared', 'theirs'), options);
  };
  return { memory, root, others };
}
const ALL = { shared: 'theirs', first: 1, second: 2 };

it('takes in what an earlier import had put into the outbox, and this one has refused', async () => {
  const { memory, root, others } = await waiting();
  const { result, told } = await imports(memory, root, { onConflict: 'repository' }, { confirm: others });
  expect((await result).outcomes.at(-1)?.delivery).toBe('published');
  expect(told).toContain('refused before');
  expect(await own(memory)).toEqual(ALL);
  expect(await (await imports(memory, root)).result).toMatchObject({ written: 0 });
});

it('takes in what an earlier import had put into the outbox, and another command had refused', async () => {
  const { memory, root, others } = await waiting();
  await others();
  expect((await memory.context.opened.repository.sync(1e15)).rejected).toHaveLength(1);
  expect(await own(memory)).toEqual({ shared: 'theirs' });
  await expect((await imports(memory, root)).result).rejects.toMatchObject({
    data: { conflicts: [{ path: 'deployment.own.shared', repository: 'theirs', file: 'mine' }] },
  });
  await (await imports(memory, root, { onConflict: 'repository' })).result;
  expect(await own(memory)).toEqual(ALL);
});

it('keeps secrets on this machine before it publishes, and refuses those of another kind', async () => {
  const memory = memoryContext();
  const { root, write } = checkout();
  const key = Buffer.from('0123456789abcdef0123456789abcdeF').toString('base64');
  write('{a: 1}', `wireguard_peers: {me: {private_key: "${key}"}}\n`);
  const path = 'deployment.wireguard_peers.me.private_key';
  const withheld = () => new WithheldValues(memory.context.opened.localFolder).get(deployment('d'), path);
  const stop = async () => {
    expect(await withheld()).toBe(key);
    throw new InvalidStateError('stop');
  };
  await expect((await imports(memory, root, {}, { write: stop })).result).rejects.toThrow('stop');
  await (await imports(memory, root)).result;
  const { view } = (await memory.read()).reading;
  expect(JSON.stringify(await readState(view, 'd'))).not.toContain(key);
  write('{a: 2}');
  const message = `password=${key}`;
  const told = imports(memory, root, { message });
  await expect((await told).result).rejects.toBeInstanceOf(SecretError);
});

it('refuses a broken file, or leaves it out and imports the rest', async () => {
  const memory = memoryContext();
  const { root } = checkout();
  writeFileSync(join(root, 'state/azure-events.yaml'), 'events:\n  - timestamp: "x\n');
  const refused = (await imports(memory, root)).result;
  await expect(refused).rejects.toBeInstanceOf(InvalidStateError);
  await expect(refused).rejects.toThrow(/azure-events\.yaml:\d+:\d+/);
  expect((await memory.store.head()).revision).toBe(null);
  const { plan, written } = await (await imports(memory, root, { skipInvalid: true })).result;
  expect(written).toBe(1);
  expect(plan.files.filter(({ error }) => error !== null)).toHaveLength(1);
});

import { describe, expect, it } from 'vitest';
import { withSharingAdvice } from '../../../src/app/secret/sharing-advice.js';
import { changeDeployment, changeState } from '../../../src/app/write/change-state.js';
import { type Unset, unsetPaths } from '../../../src/app/write/unset-paths.js';
import type { Writing } from '../../../src/app/write/writing.js';
import { ConflictError, SecretError, UsageError } from '../../../src/errors.js';
import type { Precondition } from '../../../src/model/operation/operation.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { deployment } from '../../../src/model/subject/subject.js';
import type { Value } from '../../../src/model/value/value.js';
import { secretFiles } from '../../../src/store/read/secret-files.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';
import { sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS } from '../../support/sops/team-keys.js';
import { commit, swapAll } from '../../support/store-contract.js';

const fields = { action: 'state_changed' };
const absent = (path: string): Precondition => ({ check: 'absent', path: parseStatePath(path) });

/** The refusal of values that look secret. */
async function refusedSet(writing: Writing, values: Readonly<Record<string, Value>>): Promise<SecretError> {
  const edits = sets(values);
  const error = await withSharingAdvice(writing, edits, () =>
    changeState(writing, {}, { fields, edits }),
  ).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SecretError)) throw new Error(`it was not refused: ${error}`);
  return error;
}

/** A team with two secrets of `azure`, and how values of it are changed. */
async function team() {
  const memory = await sharedWriting();
  await memory.setSecrets({ 'azure.client_secret': 'hunter22-Tr0ub4dor', 'azure.keys.one': 'k1' });
  return {
    ...memory,
    unset: async (paths: readonly string[], more: Partial<Unset> = {}) =>
      (await unsetPaths(await memory.writing(), { paths: paths.map(parseStatePath), fields, ...more }))
        .outcome,
    set: async (values: Readonly<Record<string, string>>, preconditions: readonly Precondition[] = []) =>
      (await changeState(await memory.writing(), {}, { fields, edits: sets(values), preconditions })).outcome,
    failure: async (run: Promise<unknown>) =>
      run.then(
        () => 'done',
        (error: unknown) => error,
      ),
  };
}

describe.runIf(HAS_SOPS)('removing secrets of the team', () => {
  it('removes one, and records its path alone', async () => {
    const { unset, files, events } = await team();
    const { changes } = await unset(['azure.client_secret', 'kof.none']);
    expect(changes).toEqual([{ path: 'azure.client_secret', secret: true, removed: true }]);
    expect(await files()).toEqual(['azure.keys.one']);
    expect((await events()).at(-1)?.changes).toEqual(changes);
    expect((await unset(['azure.client_secret'])).delivery).toBe('unchanged');
  });

  it('removes all below a mapping with it', async () => {
    const { unset, files, state } = await team();
    const { changes } = await unset(['azure']);
    expect(changes).toEqual([
      { path: 'azure', before: { region: 'eastus' } },
      { path: 'azure.client_secret', secret: true, removed: true },
      { path: 'azure.keys.one', secret: true, removed: true },
    ]);
    expect([await files(), await state()]).toEqual([[], { kof: { version: '1.4.0' } }]);
  });

  it('or setting one, removes what single files have in its place, which export would write again', async () => {
    const { unset, setSecrets, writing, view } = await team();
    const variants = ['file:azure-state:azure_client_secret', 'file:deployment-state:azure_keys.one'];
    const secrets = new Map(variants.map((name) => [name, 'leaked-Tr0ub4dor']));
    await changeDeployment(await writing(), 'dep-a', { fields, edits: [], secrets });
    const names = async () => [...(await secretFiles(await view(), deployment('dep-a'))).keys()];
    expect(await names()).toEqual(expect.arrayContaining(variants));
    await setSecrets({ 'azure.client_secret': 'new-Tr0ub4dor' });
    expect(await names()).not.toContain(variants[0]);
    await unset(['azure.keys']);
    expect(await names()).toEqual(['azure.client_secret']);
  });

  it('needs neither sops nor recipients', async () => {
    const { unset, files, writing } = await team();
    const bare = { ...(await writing()), environment: { PATH: '/nowhere' } };
    await unsetPaths(bare, { paths: [['azure']], fields });
    expect(await files()).toEqual([]);
    expect((await unset(['azure'])).delivery).toBe('unchanged');
  });

  it('refuses a part of one', async () => {
    const { unset, failure } = await team();
    const error = await failure(unset(['azure.client_secret.deep']));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ message: expect.stringContaining('one secret as a whole') });
  });
});

describe.runIf(HAS_SOPS)('the name of a secret', () => {
  it('that tells one itself is refused: it would be readable', async () => {
    const { failure, setSecrets, files } = await team();
    const token = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');
    const error = await failure(setSecrets({ [`kof.${token}`]: 'on' }));
    expect(error).toBeInstanceOf(SecretError);
    expect(JSON.stringify(error) + String(error)).not.toContain(token);
    expect(await files()).toEqual(['azure.client_secret', 'azure.keys.one']);
  });
});

describe.runIf(HAS_SOPS)('a condition', () => {
  it('that nothing is at a path counts secrets, also below it', async () => {
    const { set, failure, setSecrets } = await team();
    for (const path of ['azure.client_secret', 'azure.keys', 'azure.keys.one.deep'])
      expect(await failure(set({ 'kof.version': '2' }, [absent(path)])), path).toBeInstanceOf(ConflictError);
    expect(await failure(setSecrets({ 'azure.keys.one': 'k2' }, [absent('azure.keys.one')]))).toBeInstanceOf(
      ConflictError,
    );
    await set({ 'kof.version': '2' }, [absent('azure.keys.two')]);
    await setSecrets({ 'azure.keys.two': 'k2' }, [absent('azure.keys.two')]);
  });

  it('on the value of a secret is refused as one that nobody can check', async () => {
    const { set, failure } = await team();
    for (const path of ['azure.client_secret', 'azure']) {
      const condition: Precondition = {
        check: 'equals',
        path: parseStatePath(path),
        value: { region: 'eastus' },
      };
      const error = await failure(set({ 'kof.version': '2' }, [condition]));
      expect(error, path).toBeInstanceOf(UsageError);
      expect(error).toMatchObject({ message: expect.stringContaining('cannot be compared') });
    }
  });

  it('that nothing has changed since a revision counts secrets', async () => {
    const { set, failure, setSecrets, store, unset } = await team();
    const since = async (): Promise<Precondition> => ({
      check: 'unchanged-since',
      revision: (await store.head()).revision ?? '',
    });
    const before = await since();
    await setSecrets({ 'azure.client_secret': 'another-Secret1' });
    expect(await failure(set({ 'kof.version': '2' }, [before]))).toBeInstanceOf(ConflictError);
    await setSecrets({ 'azure.client_secret': 'third-Secret1' }, [await since()]);
    const full = await since();
    await unset(['azure']);
    expect(await failure(set({ 'kof.version': '2' }, [full]))).toBeInstanceOf(ConflictError);
    await set({ 'kof.version': '2' }, [await since()]);
  });
});

describe('a value that looks secret', () => {
  it('is refused with the way to share it: the command, and before it who may read', async () => {
    const values = { 'azure.client_secret': 'hunter22-Tr0ub4dor' };
    const memory = memoryWriting();
    await memory.begin({ 'azure.region': 'eastus' });
    const alone = await refusedSet(await memory.writing(), values);
    expect(alone.suggestions[0]).toMatch(
      /kgit secrets recipients add .*, then kgit set --secret azure.client_secret=-$/,
    );
    const shared = await refusedSet(await (await sharedWriting()).writing(), values);
    expect(shared.suggestions[0]).toMatch(/: kgit set --secret azure.client_secret=-$/);
    expect(shared.suggestions[0]).not.toContain('recipients add');
    const within = await refusedSet(await memory.writing(), {
      azure: { client_secret: 'hunter22-Tr0ub4dor' },
    });
    expect(within.suggestions[0]).toContain('--secret azure.client_secret=-');
    expect(JSON.stringify([alone, shared, within])).not.toContain('hunter22');
  });
});

describe.runIf(HAS_SOPS)('what is secret', () => {
  it('is not written in the clear, neither beside another secret nor within a mapping or above it', async () => {
    const { set, failure, writing } = await team();
    const beside = changeState(
      await writing(),
      {},
      { fields, edits: sets({ 'azure.keys.one': 'plain' }), secrets: new Map([['kof.a_secret', 'x']]) },
    );
    expect(await failure(beside)).toBeInstanceOf(ConflictError);
    const mapping = changeState(
      await writing(),
      {},
      { fields, edits: sets({ azure: { keys: { one: 'x' } } }) },
    );
    expect(await failure(mapping)).toBeInstanceOf(ConflictError);
    expect(await failure(set({ 'azure.keys': 'a text' }))).toBeInstanceOf(ConflictError);
    await changeState(await writing(), {}, { fields, edits: sets({ azure: { region: 'westus' } }) });
  });

  it('is what its file is named after: other files of the folder hinder nobody', async () => {
    const { store, set, files, unset } = await team();
    const { revision } = await store.head();
    const odd = ['a..b.sops.yaml', 'azure.%22keys%22.one.sops.yaml', 'README.md'];
    const folder = 'deployments/dep-a/secrets';
    await swapAll(store, revision, [
      commit(Object.fromEntries(odd.map((name) => [`${folder}/${name}`, 'x']))),
    ]);
    await set({ 'kof.version': '2' }, [absent('azure.none')]);
    await unset(['azure.keys']);
    expect(await files()).not.toContain('azure.keys.one');
  });

  it('has no other secret inside', async () => {
    const { failure, setSecrets } = await team();
    expect(await failure(setSecrets({ 'azure.client_secret.deep': 'x' }))).toBeInstanceOf(ConflictError);
    expect(await failure(setSecrets({ 'azure.keys': 'x' }))).toBeInstanceOf(ConflictError);
    expect(await failure(setSecrets({ 'azure.region.deep': 'x' }))).toBeInstanceOf(ConflictError);
  });
});

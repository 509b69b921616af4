import { describe, expect, it } from 'vitest';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { rollBack } from '../../../src/app/write/roll-back.js';
import { unsetPaths } from '../../../src/app/write/unset-paths.js';
import { ConflictError, UsageError } from '../../../src/errors.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';
import { RECIPIENT, sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, sopsEnvironment } from '../../support/sops/team-keys.js';

const fields = { action: 'state_changed' };
const FILE = 'deployments/dep-a/secrets/azure.client_secret.sops.yaml';
/** Of another key pair that nobody has. */
const OTHER = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';

async function team() {
  const memory = await sharedWriting();
  await memory.setSecrets({ 'azure.client_secret': 'hunter22-Tr0ub4dor' });
  const text = async () => (await memory.view()).read(FILE);
  return {
    ...memory,
    text,
    /** A revision, and the document of the secret in it. */
    mark: async () => ({ to: (await memory.store.head()).revision ?? '', text: await text() }),
    back: async (to: string, ...paths: string[]) =>
      rollBack(await memory.writing(), { to, paths: paths.map(parseStatePath), fields }),
    unset: async (path: string) =>
      unsetPaths(await memory.writing(), { paths: [parseStatePath(path)], fields }),
    set: async (values: Readonly<Record<string, string>>) =>
      changeState(await memory.writing(), {}, { fields, edits: sets(values) }),
  };
}

describe.runIf(HAS_SOPS)('rolling back secrets of the team', () => {
  it('takes the older file, and removes what was not there, without a key', async () => {
    const { mark, setSecrets, back, text, files, state } = await team();
    const before = await mark();
    await setSecrets({ 'azure.client_secret': 'another-Secret1', 'azure.b_secret': 'b' });
    expect(await text()).not.toBe(before.text);
    const { outcome, rotate } = await back(before.to);
    expect(outcome.changes).toEqual([
      { path: 'azure.b_secret', secret: true, removed: true },
      { path: 'azure.client_secret', secret: true },
    ]);
    expect([await text(), await files(), rotate]).toEqual([before.text, ['azure.client_secret'], []]);
    expect(await state()).toEqual({ azure: { region: 'eastus' }, kof: { version: '1.4.0' } });
    expect((await back(before.to)).outcome.delivery).toBe('unchanged');
  });

  it('brings back one path, or what was below a mapping', async () => {
    const { mark, unset, set, setSecrets, back, files, state } = await team();
    await setSecrets({ 'kof.token_value': 't' });
    const before = await mark();
    await unset('azure');
    await unset('kof.token_value');
    await set({ 'kof.version': '1.5.0' });
    await back(before.to, 'azure');
    expect(await files()).toEqual(['azure.client_secret']);
    expect(await state()).toEqual({ azure: { region: 'eastus' }, kof: { version: '1.5.0' } });
    await back(before.to, 'kof.token_value');
    expect(await files()).toEqual(['azure.client_secret', 'kof.token_value']);
    await expect(back(before.to, 'azure.client_secret.deep')).rejects.toThrow(UsageError);
  });

  it('names what is encrypted for other people than those of today', async () => {
    const { mark, setSecrets, writing, back, text } = await team();
    const before = await mark();
    await changeRecipients(await writing(), { add: [ageRecipient(OTHER)], remove: [] });
    await setSecrets({ 'azure.client_secret': 'another-Secret1' });
    expect(await text()).toContain(OTHER);
    expect((await back(before.to)).rotate).toEqual(['azure.client_secret']);
    expect(await text()).toBe(before.text);
  });

  it('keeps secret what was readable then, and says so', async () => {
    const { mark, unset, set, setSecrets, back, text, state, notes } = await team();
    await unset('azure.client_secret');
    await set({ 'azure.keys.one': 'was readable' });
    const before = await mark();
    await unset('azure.keys');
    await setSecrets({ 'azure.keys.one': 'is secret' });
    await set({ 'kof.version': '1.5.0' });
    const { outcome } = await back(before.to);
    expect(JSON.stringify(outcome.changes)).not.toContain('was readable');
    expect(await state()).toMatchObject({ kof: { version: '1.4.0' } });
    expect(JSON.stringify(await state())).not.toContain('was readable');
    expect(notes).toContain('azure.keys.one is a secret now and was readable then: it stays as it is');
    expect(await text()).toBeNull();
  });

  it('keeps what the team did not share yet, and says so', async () => {
    const memory = memoryWriting();
    const writing = () => memory.writing({ environment: sopsEnvironment() });
    await memory.begin({ 'kof.version': '1.4.0' });
    const to = (await memory.store.head()).revision ?? '';
    await changeRecipients(await writing(), { add: [ageRecipient(RECIPIENT)], remove: [] });
    const secrets = new Map([['azure.client_secret', 'hunter22-Tr0ub4dor']]);
    await changeState(await writing(), {}, { fields, edits: sets({ 'kof.version': '1.5.0' }), secrets });
    await rollBack(await writing(), { to, paths: [], fields });
    const view = memory.store.view((await memory.store.head()).revision);
    expect(await view.read(FILE)).toContain('ENC[');
    expect(await memory.state()).toEqual({ kof: { version: '1.4.0' } });
    expect(memory.notes).toContain(
      'azure.client_secret is a secret of the team now and was not shared then: it stays as it is',
    );
  });

  it('puts one secret into the place of several below it, and back', async () => {
    const { mark, unset, setSecrets, back, files } = await team();
    await setSecrets({ 'kof.tokens.one': 'a', 'kof.tokens.two': 'b' });
    const several = await mark();
    await unset('kof.tokens');
    await setSecrets({ 'kof.tokens': 'as a whole' });
    const one = await mark();
    await back(several.to);
    expect(await files()).toEqual(['azure.client_secret', 'kof.tokens.one', 'kof.tokens.two']);
    await back(one.to);
    expect(await files()).toEqual(['azure.client_secret', 'kof.tokens']);
  });

  it('makes secret again what has become readable', async () => {
    const { mark, unset, set, setSecrets, back, files, state } = await team();
    await setSecrets({ 'azure.keys.one': 'is secret' });
    const before = await mark();
    await unset('azure.keys');
    await set({ 'azure.keys.one': 'readable' });
    await back(before.to);
    expect(await files()).toContain('azure.keys.one');
    expect(JSON.stringify(await state())).not.toContain('readable');
  });

  it('is refused if somebody sets the secret meanwhile', async () => {
    const { mark, setSecrets, writing } = await team();
    const before = await mark();
    await setSecrets({ 'azure.client_secret': 'another-Secret1' });
    const stale = await writing();
    await setSecrets({ 'azure.client_secret': 'third-Secret1' });
    await expect(rollBack(stale, { to: before.to, paths: [], fields })).rejects.toThrow(ConflictError);
  });
});

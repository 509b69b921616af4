import { expect, it } from 'vitest';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { NotFoundError, UsageError } from '../../../src/errors.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { commit } from '../../support/store-contract.js';

const ADA = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const BEN = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
const SSH = `ssh-ed25519 ${Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32, 7),
]).toString('base64')}`;

/** Changes of recipients of a repository, and the text of its `.sops.yaml`. */
async function repository() {
  const memory = memoryWriting();
  await memory.begin({});
  const change = async (add: readonly string[], remove: readonly string[]) =>
    changeRecipients(await memory.writing(), {
      add: add.map(ageRecipient),
      remove: remove.map(ageRecipient),
    });
  const text = async () => memory.store.view((await memory.store.head()).revision).read('.sops.yaml');
  return { ...memory, change, text };
}

it.each([
  ['one other character', ADA.replace('zmrj', 'zmrk')],
  ['two characters that changed places', ADA.replace('zmrj', 'zrmj')],
  ['an ssh key that is cut', SSH.slice(0, -8)],
  ['an ssh key of another kind', SSH.replace('ssh-ed25519', 'ssh-rsa')],
])('a recipient with %s is not added', async (_, id) => {
  const { change, text } = await repository();
  await expect(change([ADA, id], [])).rejects.toThrow(UsageError);
  expect(await text()).toBeNull();
  expect(await change([ADA, SSH], [])).toMatchObject({ outcome: { delivery: 'published' } });
});

it('one that is no recipient is not removed, and the file stays as people wrote it', async () => {
  const { change, text, store } = await repository();
  await expect(change([], [BEN])).rejects.toThrow(NotFoundError);
  expect(await text()).toBeNull();
  await change([ADA], []);
  const own = (await text())?.replace(/age: >-\n\s+/, 'age:   ') ?? '';
  await store.swap((await store.head()).revision, [commit({ '.sops.yaml': own })], 0);
  const refused = await change([], [BEN]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NotFoundError);
  expect(refused).toMatchObject({ exitCode: 15, suggestions: [`These are: ${ADA}`] });
  expect(await change([ADA], [])).toMatchObject({ outcome: null });
  expect(await text()).toBe(own);
  expect(await change([], [ADA])).toMatchObject({ after: [], outcome: { delivery: 'published' } });
});

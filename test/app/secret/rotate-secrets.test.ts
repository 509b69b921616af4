import { beforeAll, describe, expect, it } from 'vitest';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { rotateSecrets } from '../../../src/app/secret/rotate-secrets.js';
import { revealed } from '../../../src/app/secret/stored-secrets.js';
import { rotationResult } from '../../../src/cli/render/secret/rotation-result.js';
import { SecretError } from '../../../src/errors.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { openSops } from '../../../src/setup/open-sops.js';
import { secretFiles, secretTexts } from '../../../src/store/read/secret-files.js';
import { sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';
import { commit } from '../../support/store-contract.js';

const DEP = deployment('dep-a');
let ada: Member;
let ben: Member;

beforeAll(() => {
  if (!HAS_SOPS) return;
  [ada, ben] = [makeMember(), makeMember()];
});

/** A team of Ada and Ben with two secrets. */
async function team() {
  const memory = await sharedWriting(ada.recipient);
  const as = async (member?: Member) => ({
    ...(await memory.writing()),
    environment: sopsEnvironment(member),
  });
  const change = async (add: readonly Member[], remove: readonly Member[]) => {
    const [added, removed] = [add, remove].map((members) =>
      members.map(({ recipient }) => ageRecipient(recipient)),
    );
    return changeRecipients(await as(), { add: added ?? [], remove: removed ?? [] });
  };
  await change([ben], []);
  await memory.setSecrets({ 'azure.a': 'one-Secret1', 'azure.b': 'two-Secret2' });
  return {
    ...memory,
    as,
    change,
    rotate: async (member: Member | undefined, ...paths: string[]) =>
      rotateSecrets(await as(member), { paths, fields: { reason: 'Ben has left' } }),
    /** What a member can read; an error for one without a key. */
    reads: async (member: Member): Promise<unknown> => {
      const view = await memory.view();
      const sops = openSops((await as()).settings, sopsEnvironment(member));
      return revealed(view, await secretFiles(view, DEP), sops).then(
        (values) => Object.fromEntries(values),
        (error: unknown) => error,
      );
    },
  };
}

describe.runIf(HAS_SOPS)('a rotation', () => {
  it('after somebody left, keeps the secrets from them, and lists what to change at its source', async () => {
    const { change, rotate, reads, events } = await team();
    expect(await change([], [ben])).toMatchObject({ readable: 2, due: 2 });
    const both = { 'azure.a': 'one-Secret1', 'azure.b': 'two-Secret2' };
    expect(await reads(ben)).toEqual(both);
    const { rotated, current, outcome } = await rotate(ada);
    expect(rotated.map(({ path, recipients }) => [path, recipients.length])).toEqual([
      ['azure.a', 2],
      ['azure.b', 2],
    ]);
    expect(current).toBe(0);
    expect(outcome).toMatchObject({ delivery: 'published' });
    expect(await reads(ada)).toEqual(both);
    expect(await reads(ben)).toBeInstanceOf(SecretError);
    expect((await events()).at(-1)).toMatchObject({
      action: 'secrets_rotated',
      reason: 'Ben has left',
      changes: [
        { path: 'azure.a', secret: true },
        { path: 'azure.b', secret: true },
      ],
    });
    expect(await rotate(ada)).toMatchObject({ rotated: [], current: 2, outcome: null });
    // Somebody may think that the data key is known.
    expect(await rotate(ada, 'azure.a')).toMatchObject({ rotated: [{ path: 'azure.a' }] });
  });

  it('leaves files that somebody changed without a key, and names them', async () => {
    const { change, rotate, reads, setSecrets, store, view } = await team();
    await setSecrets({ 'azure.c': 'three-Secret3', 'azure.d': 'four-Secret4' });
    const texts = await secretTexts(await view(), DEP);
    const altered = texts
      .get('azure.a')
      ?.replace(/data:(..)/, (_, data: string) => `data:${data === 'AA' ? 'BB' : 'AA'}`);
    const files = {
      'deployments/dep-a/secrets/azure.a.sops.yaml': altered ?? '',
      'deployments/dep-a/secrets/azure.c.sops.yaml': texts.get('azure.d') ?? '',
      'deployments/dep-a/secrets/azure..x.sops.yaml': texts.get('azure.d') ?? '',
    };
    await store.swap((await store.head()).revision, [commit(files)], 0);
    await change([], [ben]);
    const { rotated, left } = await rotate(ada);
    expect(rotated.map(({ path }) => path)).toEqual(['azure.b', 'azure.d']);
    expect(left.map((message) => message.split(':')[0]).sort()).toEqual(Object.keys(files).sort());
    expect(await reads(ben)).toBeInstanceOf(Error);
    const again = await rotate(ada);
    expect([again.rotated, again.left.length, again.outcome]).toEqual([[], 3, null]);
    expect(rotationResult(again)).toMatchObject({ exitCode: 3, json: { left: again.left } });
    expect((await rotate(ada, 'azure.a')).left).toHaveLength(1);
  });

  it('without a key is refused, and names who could do it', async () => {
    const { change, rotate } = await team();
    await change([], [ben]);
    const refused = await rotate(undefined).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SecretError);
    expect(refused).toMatchObject({ exitCode: 19, data: { cause: 'no-key', paths: ['azure.a', 'azure.b'] } });
    expect((refused as SecretError).suggestions[0]).toContain(ada.recipient);
  });

  it('leaves what somebody else writes meanwhile', async () => {
    const { as, change, setSecrets, reads, view } = await team();
    await change([], [ben]);
    const stale = await as(ada);
    await setSecrets({ 'azure.a': 'theirs-Secret3' });
    const theirs = (await secretTexts(await view(), DEP)).get('azure.a');
    const { rotated, current } = await rotateSecrets(stale, { paths: [], fields: {} });
    expect([rotated.map(({ path }) => path), current]).toEqual([['azure.b'], 1]);
    expect((await secretTexts(await view(), DEP)).get('azure.a')).toBe(theirs);
    expect(await reads(ada)).toEqual({ 'azure.a': 'theirs-Secret3', 'azure.b': 'two-Secret2' });
  });

  it('encrypts for those of today, if the recipients change meanwhile', async () => {
    const { as, change, reads } = await team();
    await change([], [ben]);
    const stale = await as(ada);
    await change([ben], []);
    await rotateSecrets(stale, { paths: ['azure.a'], fields: {} });
    expect(await reads(ben)).toEqual({ 'azure.a': 'one-Secret1', 'azure.b': 'two-Secret2' });
  });
});

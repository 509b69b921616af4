import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkTeamSecrets } from '../../../src/app/doctor/check-team-secrets.js';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { checkMacs } from '../../../src/app/secret/check-macs.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { Findings } from '../../../src/review/finding.js';
import { openSops } from '../../../src/setup/open-sops.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';
import { commit } from '../../support/store-contract.js';

const FOLDER = 'deployments/dep-a/secrets';
let ada: Member;
let ben: Member;

beforeAll(() => {
  if (!HAS_SOPS) return;
  [ada, ben] = [makeMember(), makeMember()];
});

/** The environment of somebody with a program that is called sops and notes that it was run. */
function fakeSops(says: string) {
  const folder = temporaryFolder();
  const ran = join(folder, 'ran');
  writeFileSync(join(folder, 'sops'), `#!/bin/sh\necho "$@" >> ${ran}\necho '${says}'\n`, { mode: 0o755 });
  return { environment: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder }, ran };
}

/** A team with two secrets, and what the checks say of it. */
async function team(recipient = ada.recipient) {
  const memory = await sharedWriting(recipient);
  await memory.setSecrets({ 'azure.a': 'one-Secret1', 'azure.b': 'two-Secret2' });
  const { settings } = await memory.writing();
  return {
    ...memory,
    settings,
    macs: async (environment: Record<string, string>) => {
      const findings = new Findings();
      const checked = await checkMacs(await memory.view(), openSops(settings, environment), findings);
      return { ...checked, found: findings.list.map(({ rule, path, message }) => ({ rule, path, message })) };
    },
    doctor: async (environment: Record<string, string>) => {
      const checks = await checkTeamSecrets(await memory.view(), settings, environment);
      return checks.map(({ name, ok, detail }) => `${ok ? 'ok' : 'not'} ${name}: ${detail}`);
    },
  };
}

describe.runIf(HAS_SOPS)('the check of MACs', () => {
  it('finds a file that was changed without its key, and says what it could not check', async () => {
    const { view, store, macs } = await team();
    expect(await macs(sopsEnvironment(ada))).toEqual({ checked: 2, unchecked: 0, why: null, found: [] });
    expect(await macs(sopsEnvironment(ben))).toMatchObject({ checked: 0, unchecked: 2, found: [] });
    const none = await macs({ PATH: '/nowhere' });
    expect(none).toMatchObject({ checked: 0, unchecked: 2, why: expect.stringContaining('no sops') });
    // Somebody without a key passes one secret off as another.
    const text = (await (await view()).read(`${FOLDER}/azure.a.sops.yaml`)) ?? '';
    const moved = { [`${FOLDER}/azure.b.sops.yaml`]: text.replace('path: azure.a', 'path: azure.b') };
    await store.swap((await store.head()).revision, [commit(moved)], 0);
    const { checked, found } = await macs(sopsEnvironment(ada));
    expect([checked, found]).toEqual([
      2,
      [{ rule: 'secret-mac', path: `${FOLDER}/azure.b.sops.yaml`, message: expect.stringContaining('MAC') }],
    ]);
    expect(JSON.stringify(found)).not.toContain('Secret1');
  });
});

describe.runIf(HAS_SOPS)('kgit doctor on team secrets', () => {
  it('checks sops, the key and the recipients', async () => {
    const { doctor, writing, view, settings } = await team();
    expect(await doctor(sopsEnvironment(ada))).toEqual([
      'ok secrets: 2 secrets for 1 recipient',
      expect.stringMatching(/^ok sops: \d+\.\d+\.\d+$/),
      'ok secrets-key: your key decrypts the secrets of the team',
    ]);
    const writer = { ...sopsEnvironment(), HOME: temporaryFolder() };
    expect((await doctor(writer))[2]).toContain('ok secrets-key: you have no key here');
    expect((await doctor(sopsEnvironment(ben)))[2]).toContain('not secrets-key: your key is none');
    // Where sops looks on macOS, and nowhere else.
    const keys = join(writer.HOME, 'Library/Application Support/sops/age/keys.txt');
    mkdirSync(dirname(keys), { recursive: true });
    writeFileSync(keys, readFileSync(ben.keyFile));
    expect((await doctor(writer))[2]).toContain('not secrets-key: your key is none');
    const broken = await doctor({ ...writer, SOPS_AGE_KEY: 'AGE-SECRET-KEY-1' });
    expect(broken[2]).toContain('not secrets-key: sops could not get the key');
    await changeRecipients(await writing(), { add: [ageRecipient(ben.recipient)], remove: [] });
    const [config, , key] = await doctor(sopsEnvironment(ben));
    expect(config).toContain('2 secrets to encrypt again with kgit secrets rotate');
    expect(key).toContain('not secrets-key: your key decrypts what is written from now on, and not azure.a');
    expect((await doctor({ PATH: '/nowhere' }))[1]).toContain('not sops: there is no sops in PATH');
    const { environment, ran } = fakeSops('sops 3.9.4');
    const refused = await checkTeamSecrets(await view(), { ...settings, secretKinds: ['pgp'] }, environment);
    expect(refused).toMatchObject([{ ok: false, detail: expect.stringContaining('recipient of kind age') }]);
    expect(existsSync(ran)).toBe(false);
    expect((await doctor(environment))[1]).toBe('not sops: 3.9.4 is older than 3.10.0, which kgit needs');
  });
});

it('a repository without secrets starts no sops', async () => {
  const { environment, ran } = fakeSops('');
  const memory = memoryWriting();
  await memory.begin({ 'azure.region': 'eastus' });
  const { reading, settings } = await memory.writing();
  expect(await checkTeamSecrets(reading.view, settings, environment)).toEqual([]);
  const macs = await checkMacs(reading.view, openSops(settings, environment), new Findings());
  expect(macs).toEqual({ checked: 0, unchecked: 0, why: null });
  expect(existsSync(ran)).toBe(false);
});

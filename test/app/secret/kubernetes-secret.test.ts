import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubernetesSecret, secretKey } from '../../../src/app/secret/kubernetes-secret.js';
import { SecretError, UsageError } from '../../../src/errors.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';

let ada: Member;

beforeAll(() => {
  if (HAS_SOPS) ada = makeMember();
});

it('a key is the path, without what Kubernetes does not allow', () => {
  expect(secretKey(parseStatePath('azure.client_secret'))).toBe('azure.client_secret');
  expect(secretKey(parseStatePath('vms."a b/ü".pw.0'))).toBe('vms.a-b--.pw.0');
  for (const path of ['".."', '"..a"', 'a'.repeat(254)])
    expect(() => secretKey(parseStatePath(path)), path).toThrow(UsageError);
});

describe.runIf(HAS_SOPS)('a Secret of Kubernetes', () => {
  const intent = { name: 'azure-credentials', namespace: 'kcm-system', paths: [] };

  it('is encrypted for the team in the form of Flux, and sops gives it back', async () => {
    const { setSecrets, writing } = await sharedWriting(ada.recipient);
    await setSecrets({
      'azure.client_secret': 'hunter22-Tr0ub4dor',
      'kof.ca': 'line 1\nline 2\n',
      'azure.empty': '',
    });
    const { manifest, keys } = await kubernetesSecret(await writing(), intent, sopsEnvironment(ada));
    expect(manifest).not.toContain('hunter22');
    expect(parse(manifest).sops.encrypted_regex).toBe('^(data|stringData)$');
    expect(keys.map(({ key }) => key)).toEqual(['azure.client_secret', 'azure.empty', 'kof.ca']);
    const clear = execFileSync(
      'sops',
      ['decrypt', '--input-type', 'yaml', '--output-type', 'yaml', '--filename-override', 'x.yaml'],
      { input: manifest, encoding: 'utf8', env: { ...process.env, ...sopsEnvironment(ada) } },
    );
    expect(parse(clear)).toEqual({
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
      metadata: { name: 'azure-credentials', namespace: 'kcm-system' },
      stringData: {
        'azure.client_secret': 'hunter22-Tr0ub4dor',
        'azure.empty': '',
        'kof.ca': 'line 1\nline 2\n',
      },
    });
    const some = await kubernetesSecret(
      await writing(),
      { ...intent, paths: ['azure'] },
      sopsEnvironment(ada),
    );
    expect(some.keys.map(({ key }) => key)).toEqual(['azure.client_secret', 'azure.empty']);
  });

  it('refuses paths that meet in one key, names that Kubernetes does not take, and readers without a key', async () => {
    const { setSecrets, writing } = await sharedWriting(ada.recipient);
    await setSecrets({ 'azure."a b"': 'x', 'azure.a-b': 'y' });
    const context = await writing();
    const run = (more: Partial<typeof intent>, member?: Member) =>
      kubernetesSecret(context, { ...intent, ...more }, sopsEnvironment(member)).catch(
        (error: unknown) => error,
      );
    expect(await run({}, ada)).toMatchObject({ exitCode: 2, data: { key: 'azure.a-b' } });
    expect(await run({ name: 'Not_Valid' }, ada)).toBeInstanceOf(UsageError);
    expect(await run({ namespace: 'a.b' }, ada)).toBeInstanceOf(UsageError);
    expect(await run({ paths: ['none'] } as object, ada)).toMatchObject({ exitCode: 15 });
    expect(await run({ paths: ['azure.a-b'] } as object)).toBeInstanceOf(SecretError);
  });
});

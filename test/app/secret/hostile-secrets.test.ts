import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTeamSecrets } from '../../../src/app/doctor/check-team-secrets.js';
import { checkMacs } from '../../../src/app/secret/check-macs.js';
import { kubernetesSecret } from '../../../src/app/secret/kubernetes-secret.js';
import { rotateSecrets } from '../../../src/app/secret/rotate-secrets.js';
import { KgitError } from '../../../src/errors.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { changedRecipients } from '../../../src/model/team-secret/sops-config.js';
import { Findings } from '../../../src/review/finding.js';
import { openSops } from '../../../src/setup/open-sops.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { commit } from '../../support/store-contract.js';

const ADA = ageRecipient('age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p');
/** sops would start `age-plugin-evil`. */
const PLUGIN = 'age1evil1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq';
const CONFIG = changedRecipients(null, { add: [ADA], remove: [] });
const FILE = 'deployments/dep-a/secrets/a.sops.yaml';
const SEALED =
  'ENC[AES256_GCM,data:yn4=,iv:OfezzywAvNK41+cRf3ew/2HAfiniYpWDodIRVYZ6gHg=,tag:EN7D46YOl45UK8/cyHxwjA==,type:str]';
const AGE = `  age: [{recipient: ${ADA.id}, enc: x}]\n`;

/** The file of a secret with these lines below `sops:`. */
const secret = (metadata: string) =>
  `path: a\nvalue: ${SEALED}\nsops:\n${metadata}  mac: ${SEALED}\n  encrypted_regex: ^value$\n  version: 3.13.3\n`;

/** Runs every way in that decrypts or encrypts; returns with which arguments and input sops was run. */
async function givenToSops(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  const ran = join(folder, 'ran');
  writeFileSync(
    join(folder, 'sops'),
    `#!/bin/sh\n[ "$1" = --disable-version-check ] && echo 3.13.3 || { echo; echo "$@"; cat; } >> ${ran}\n`,
    {
      mode: 0o755,
    },
  );
  const environment = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
  const memory = memoryWriting();
  await memory.begin({ 'azure.region': 'eastus' });
  await memory.store.swap((await memory.store.head()).revision, [commit(files)], 0);
  const writing = await memory.writing({ environment });
  const { view } = writing.reading;
  const refused = async (run: Promise<unknown>) => {
    const error: unknown = await run.catch((thrown: unknown) => thrown);
    if (error instanceof Error && !(error instanceof KgitError)) throw error;
  };
  await refused(rotateSecrets(writing, { paths: [], fields: {} }));
  await refused(rotateSecrets(writing, { paths: ['a'], fields: {} }));
  await refused(kubernetesSecret(writing, { name: 'a', namespace: 'b', paths: [] }, environment));
  await refused(checkMacs(view, openSops(writing.settings, environment), new Findings()));
  await refused(checkTeamSecrets(view, writing.settings, environment));
  return existsSync(ran) ? readFileSync(ran, 'utf8') : '';
}

describe('sops is not run for a hostile repository', () => {
  it.each([
    ['a Vault', '  hc_vault: [{vault_address: "http://127.0.0.1:1", engine_path: a, key_name: b, enc: x}]\n'],
    ['a KMS', '  kms: [{arn: "arn:aws:kms:us-east-1:1:key/a", enc: x}]\n'],
    ['a KMS that kgit does not know', '  hckms: [{key_id: "a:b", enc: x}]\n'],
    ['a program of age', `  age: [{recipient: ${PLUGIN}, enc: x}]\n`],
    ['groups of keys', '  key_groups: [{hc_vault: [{vault_address: "http://127.0.0.1:1", enc: x}]}]\n'],
    ['a threshold', '  shamir_threshold: 1\n'],
    ['a key service', '  keyservice: tcp://127.0.0.1:1\n'],
    ['a merge key', '  <<: {kms: [{arn: a, enc: x}]}\n'],
    ['a merge key in an entry', `  pgp: []\n  age: [{recipient: ${ADA.id}, enc: x, <<: {a: b}}]\n`],
    ['a value that is not encrypted', '  unencrypted_suffix: lue\n'],
    ['metadata twice', `  version: 1\nsops:\n${AGE}`],
    ['a second document', '  version: 3.13.3\n---\nsops:\n'],
    ['aliases without end', `  a: &a [x]\n  b: [${'*a, '.repeat(200)}]\n`],
    ['too many recipients', `  age: [${`{recipient: ${ADA.id}, enc: x}, `.repeat(201)}]\n`],
  ])('whose secret has %s', async (name, metadata) => {
    const own = /age:/.test(metadata) ? '' : AGE;
    // The same recipient 201 times is one: others must differ.
    const text = name.startsWith('too many') ? distinct(metadata) : metadata;
    // doctor encrypts and decrypts a document of its own, for the recipients in .sops.yaml.
    expect(await givenToSops({ '.sops.yaml': CONFIG, [FILE]: secret(own + text) })).not.toContain(
      '"path":"a"',
    );
  });

  it.each([
    ['a Vault', '    hc_vault_transit_uri: http://127.0.0.1:1/v1/transit/keys/a\n'],
    ['a KMS', '    kms: arn:aws:kms:us-east-1:1:key/a\n'],
    ['groups of keys', '    key_groups: [{kms: [{arn: a}]}]\n'],
    ['a threshold', '    shamir_threshold: 1\n'],
    ['a program of age', `    age: ${PLUGIN}\n`],
    ['a program of age beside others', `    age: ${ADA.id},${PLUGIN}\n`],
    ['aliases without end', `    a: &a [x]\n    b: [${'*a, '.repeat(200)}]\n`],
  ])('whose .sops.yaml names %s', async (_, lines) => {
    const config = lines.includes('age:') ? CONFIG.replace(/ {4}age: >-\n.*\n/, '') : CONFIG;
    const given = await givenToSops({ '.sops.yaml': config + lines, [FILE]: secret(AGE) });
    // verify decrypts the secret, which names nobody but a recipient of age.
    expect(given.match(/^(?:de|en)crypt/gm)).toEqual(['decrypt']);
  });

  it('and the stand-in would have noticed', async () => {
    const given = await givenToSops({ '.sops.yaml': CONFIG, [FILE]: secret(AGE) });
    expect(given).toContain('"path":"a"');
    expect(given).toContain(`encrypt --age ${ADA.id}`);
  });
});

/** The recipients of a list, each another one. */
function distinct(metadata: string): string {
  let n = 0;
  return metadata.replaceAll(ADA.id, () => `age1${'q'.repeat(55)}${String(n++).padStart(3, '0')}`);
}

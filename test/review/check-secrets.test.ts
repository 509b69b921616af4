import { expect, it } from 'vitest';
import { storedSecrets } from '../../src/app/secret/stored-secrets.js';
import { deployment } from '../../src/model/subject/subject.js';
import { changedRecipients } from '../../src/model/team-secret/sops-config.js';
import { Findings } from '../../src/review/finding.js';
import { validate } from '../../src/review/validate.js';
import type { Revision } from '../../src/store/port/state-store.js';
import { secretFiles } from '../../src/store/read/secret-files.js';
import { MemoryStore } from '../support/memory-store.js';
import { ADA, BEN, sealed } from '../support/sops/sealed-secret.js';
import { MARKER, STATE } from '../support/state-repository.js';
import { commit } from '../support/store-contract.js';

const FOLDER = 'deployments/dep-a/secrets';
const FILE = `${FOLDER}/azure.client_secret.sops.yaml`;
const CONFIG = changedRecipients(null, { add: [ADA], remove: [] });

type Files = Readonly<Record<string, string>>;

/** What is found in a repository with these files, and in a proposal that adds others. */
async function found(files: Files, proposed?: Files): Promise<string[]> {
  const store = new MemoryStore();
  const base = commit({ 'kgit.yaml': MARKER, 'deployments/dep-a/state.yaml': STATE, ...files });
  const outcome = await store.swap(null, proposed ? [base, commit(proposed)] : [base], 0);
  const revisions: readonly Revision[] = outcome.kind === 'swapped' ? outcome.revisions : [];
  const [since, tip = since] = revisions;
  if (since === undefined || tip === undefined) throw new Error('nothing was written');
  const findings = new Findings();
  const advice = { restore: () => '', withdraw: () => '', flags: [], rollbacks: new Map() };
  await validate(
    tip,
    { base: proposed ? { target: since, since } : null, trusted: null, advice },
    { review: store.review, store, backend: 'memory', now: 0, findings, markerFault: () => null },
  );
  return findings.list.map(({ severity, rule, path, line }) => `${severity} ${rule} ${path}:${line}`);
}

it('finds nothing in secrets that are encrypted for the team, and none without any', async () => {
  expect(await found({ '.sops.yaml': CONFIG, [FILE]: sealed() })).toEqual([]);
  expect(await found({})).toEqual([]);
});

it('tells what is readable in a file of a secret, and a file that was moved', async () => {
  const files = {
    '.sops.yaml': CONFIG,
    [`${FOLDER}/a.sops.yaml`]: 'path: a\nvalue: hunter22\n',
    [`${FOLDER}/b.sops.yaml`]: sealed('b', [ADA], { note: 'x' }),
    [`${FOLDER}/c.sops.yaml`]: sealed('d'),
    [`${FOLDER}/e.sops.yaml`]: 'path: [\n',
    [`${FOLDER}/f.sops.yaml`]: `path: f\nvalue: &a [x]\nsops: ${'*a '.repeat(2)}\n`,
    [`${FOLDER}/g.yaml`]: sealed('g'),
    'clusters/default/kcm-system/c1/secrets/h.sops.yaml': 'value: x\n',
  };
  expect(await found(files)).toEqual([
    `error file-place ${FOLDER}/g.yaml:null`,
    'error secret-file clusters/default/kcm-system/c1/secrets/h.sops.yaml:null',
    `error secret-file ${FOLDER}/a.sops.yaml:null`,
    `error secret-file ${FOLDER}/b.sops.yaml:null`,
    `error secret-file ${FOLDER}/c.sops.yaml:null`,
    `error secret-file ${FOLDER}/e.sops.yaml:2`,
    `error secret-file ${FOLDER}/f.sops.yaml:3`,
  ]);
});

it('tells files whose names are no path as kgit writes it, which it does not read', async () => {
  const odd = {
    [`${FOLDER}/azure..x.sops.yaml`]: sealed('azure..x'),
    [`${FOLDER}/azure.%22a%22.sops.yaml`]: sealed('azure."a"'),
    [`${FOLDER}/.sops.yaml`]: sealed('x'),
    [`${FOLDER}/a%%0123456789abcdef.sops.yaml`]: sealed('a'),
  };
  const files = { '.sops.yaml': CONFIG, [`${FOLDER}/azure.a.sops.yaml`]: sealed('azure.a'), ...odd };
  expect(await found(files)).toEqual(
    Object.keys(odd)
      .sort()
      .map((file) => `error secret-file ${file}:null`),
  );
  const store = new MemoryStore();
  await store.swap(null, [commit(files)], 0);
  const view = store.view((await store.head()).revision);
  expect([...(await secretFiles(view, deployment('dep-a'))).keys()]).toEqual(['azure.a']);
  const { secrets, broken } = await storedSecrets(view, [deployment('dep-a')]);
  expect([secrets.length, broken.length]).toEqual([1, 4]);
});

it('warns of secrets that wait for a rotation, and refuses new ones for others than the team', async () => {
  const files = { '.sops.yaml': CONFIG, [FILE]: sealed('azure.client_secret', [ADA, BEN]) };
  expect(await found(files)).toEqual([`warning secret-recipients ${FILE}:null`]);
  const proposed = { [`${FOLDER}/b.sops.yaml`]: sealed('b', [BEN]) };
  expect(await found(files, proposed)).toEqual([
    `warning secret-recipients ${FILE}:null`,
    `error secret-recipients ${FOLDER}/b.sops.yaml:null`,
  ]);
});

it('tells a .sops.yaml that cannot be read or names a service in ways that kgit does not know', async () => {
  for (const text of [
    CONFIG.replace('^value$', '.*'),
    `${CONFIG}    shamir_threshold: 2\n`,
    `${CONFIG}    key_groups: [{hc_vault: [http://127.0.0.1:1]}]\n`,
    'a: &a [x]\nb: [*a, *a, *a\n',
    `a: &a [x]\nb: [${'*a, '.repeat(200)}]\ncreation_rules: []\n`,
  ])
    expect(await found({ '.sops.yaml': text, [FILE]: sealed() }), text.slice(-60)).toEqual([
      expect.stringContaining('error secret-recipients .sops.yaml'),
    ]);
});

it('tells a recipient that nobody can encrypt for', async () => {
  const mistyped = { ...ADA, id: ADA.id.replace('zmrj', 'zmrk') };
  const config = changedRecipients(CONFIG, { add: [mistyped], remove: [] });
  expect(await found({ '.sops.yaml': config })).toEqual(['error secret-recipients .sops.yaml:null']);
});

it('tells a path that is both readable and secret', async () => {
  const state = `${STATE}azure:\n  client_secret: '***'\n`;
  const files = { '.sops.yaml': CONFIG, [FILE]: sealed(), 'deployments/dep-a/state.yaml': state };
  expect(await found(files)).toEqual(['error secret-readable deployments/dep-a/state.yaml:7']);
});

it('warns of a proposal that lets more people read secrets', async () => {
  const more = { '.sops.yaml': changedRecipients(CONFIG, { add: [BEN], remove: [] }) };
  expect(await found({ '.sops.yaml': CONFIG, [FILE]: sealed() }, more)).toEqual([
    `warning secret-recipients ${FILE}:null`,
    'warning rules-changed .sops.yaml:null',
  ]);
});

import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { checkRules } from '../../src/review/check/check-rules.js';
import { checkSignatures } from '../../src/review/check/check-signatures.js';
import { Findings } from '../../src/review/finding.js';
import type { Revision } from '../../src/store/port/state-store.js';
import { MemoryStore } from '../support/memory-store.js';
import { commit } from '../support/store-contract.js';

const SIGNED = 'apiVersion: kgit/v1\nkind: StateRepository\nsettings: {signatures: required}\n';
const UNSIGNED = 'apiVersion: kgit/v1\nkind: StateRepository\n';

/** A store with a kgit.yaml and its next version. */
async function versions(before: string, after: string) {
  const store = new MemoryStore();
  const outcome = await store.swap(
    null,
    [commit({ 'kgit.yaml': before }), commit({ 'kgit.yaml': after })],
    0,
  );
  const [base, tip] = (outcome.kind === 'swapped' ? outcome.revisions : []) as [Revision, Revision];
  return { base, tip, check: { review: store.review, store, backend: 'memory' } };
}

it('a driver without signatures says what to do where kgit.yaml requires them', async () => {
  const { base, tip, check } = await versions(SIGNED, UNSIGNED);
  const findings = new Findings();
  for (const checked of [
    checkSignatures(null, tip, check, findings),
    checkRules(base, tip, [], check, findings),
  ]) {
    const error = await checked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      exitCode: 2,
      data: { feature: 'signatures', backend: 'memory' },
      suggestions: [expect.stringContaining('kgit.yaml'), expect.stringContaining('backend: git')],
    });
  }
});

it('a driver without signatures checks everything else', async () => {
  const { base, tip, check } = await versions(UNSIGNED, `${UNSIGNED}# more\n`);
  const findings = new Findings();
  expect(await checkSignatures(null, tip, check, findings)).toBe(0);
  await checkRules(base, tip, [], check, findings);
  expect(findings.list).toEqual([]);
});

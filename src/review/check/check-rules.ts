import { CI_FILES, MARKER_FILE } from '../../model/subject/layout.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Findings } from '../finding.js';
import {
  isRequired,
  readSigners,
  requireSignatures,
  SIGNATURE_FAULTS,
  SIGNERS_FOLDER,
  type SignatureCheck,
} from './check-signatures.js';

/**
 * Checks that a proposal does not weaken the rules that judge it. If its base requires signatures, a commit that lifts
 * the requirement or changes who may sign must be signed by somebody whom the base allows. A change of the CI check
 * itself is a warning.
 */
export async function checkRules(
  base: Revision,
  revision: Revision,
  check: SignatureCheck,
  findings: Findings,
): Promise<void> {
  const changes = await check.review.changes(base, revision);
  for (const { path, before } of changes)
    if (before !== null && CI_FILES.includes(path))
      findings.add('rules-changed', path, 'the proposal changes the check that judges it', {
        severity: 'warning',
        fix: 'Ask somebody who may change the rules to review it',
      });
  const older = check.store.view(base);
  if (!(await isRequired(older))) return;
  const changed: [path: string, what: string][] = [];
  if (!(await isRequired(check.store.view(revision))))
    changed.push([MARKER_FILE, 'it removes signatures: required']);
  if (changes.some(({ path }) => path.startsWith(`${SIGNERS_FOLDER}/`)))
    changed.push([SIGNERS_FOLDER, 'it changes who may sign']);
  if (changed.length === 0) return;
  const signatures = await requireSignatures(check)(base, revision, await readSigners(older));
  for (const [path, what] of changed) {
    const touching = new Set(await check.review.changesOf(path, revision));
    for (const { revision: commit, verdict } of signatures)
      if (touching.has(commit) && verdict !== 'good')
        findings.add(
          'rules-changed',
          path,
          `commit ${commit.slice(0, 12)}: ${what}, and ${SIGNATURE_FAULTS[verdict]}`,
          { fix: 'Have it signed by somebody who may sign on the base' },
        );
  }
}

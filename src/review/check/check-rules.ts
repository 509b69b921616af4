import { InvalidStateError } from '../../errors.js';
import { CI_FILES, MARKER_FILE } from '../../model/subject/layout.js';
import { lacking, type Recipient } from '../../model/team-secret/recipients.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import { counted } from '../../model/value/counted.js';
import type { ChangedFile } from '../../store/port/review.js';
import type { Revision, StateView } from '../../store/port/state-store.js';
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
 * itself, or of those who can read secrets, is a warning.
 */
export async function checkRules(
  base: Revision,
  revision: Revision,
  changes: readonly ChangedFile[],
  check: SignatureCheck,
  findings: Findings,
): Promise<void> {
  for (const { path, before } of changes)
    if (before !== null && CI_FILES.includes(path))
      findings.add('rules-changed', path, 'the proposal changes the check that judges it', {
        severity: 'warning',
        fix: 'Ask somebody who may change the rules to review it',
      });
  const older = check.store.view(base);
  if (changes.some(({ path }) => path === SOPS_FILE))
    await tellRecipients(older, check.store.view(revision), findings);
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

/** Tells who could read the team's secrets after a proposal, and could not before. */
async function tellRecipients(older: StateView, newer: StateView, findings: Findings): Promise<void> {
  const [before, after] = await Promise.all([older, newer].map((view) => recipientsIn(view)));
  const added = lacking(after ?? [], before ?? []);
  if (added.length === 0) return;
  const named = added.slice(0, 3).map(({ id }) => id);
  findings.add(
    'rules-changed',
    SOPS_FILE,
    `the proposal lets ${counted(added.length, 'more recipient')} read the secrets of the team: ${named.join(', ')}`,
    { severity: 'warning', fix: 'Make sure that each belongs to somebody of the team' },
  );
}

async function recipientsIn(view: StateView): Promise<readonly Recipient[] | null> {
  try {
    return teamRecipients(await view.read(SOPS_FILE));
  } catch (error) {
    // A broken file is a finding of its own.
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

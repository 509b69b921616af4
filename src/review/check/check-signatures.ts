import { InvalidStateError, UsageError } from '../../errors.js';
import { parseState } from '../../model/state/state-document.js';
import { lookUp } from '../../model/state/state-path.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import type { Backend } from '../../store/port/backend.js';
import type { Review, Signature, Signers } from '../../store/port/review.js';
import type { Revision, StateView } from '../../store/port/state-store.js';
import type { Findings } from '../finding.js';
import { toolsOf } from '../review-tools.js';

/** Folder that says who may sign: an OpenSSH allowed signers file, and armoured OpenPGP keys. */
export const SIGNERS_FOLDER = '.kgit/signers';
const SSH_FILE = 'allowed_signers';

/** What is wrong with a commit's signature, as the end of a sentence. */
export const SIGNATURE_FAULTS: Readonly<Record<Exclude<Signature['verdict'], 'good'>, string>> = {
  expired: 'its signature, or the key of it, has expired',
  none: 'it is not signed',
  bad: 'its signature is not valid',
  unknown: 'its signature is of nobody who is allowed',
};

/** Whether the kgit.yaml of a view requires signatures. A broken one does not; it is a finding of its own. */
export async function isRequired(view: StateView): Promise<boolean> {
  const text = await view.read(MARKER_FILE);
  try {
    return lookUp(parseState(text ?? '', MARKER_FILE), ['settings', 'signatures']).value === 'required';
  } catch (error) {
    if (error instanceof InvalidStateError) return false;
    throw error;
  }
}

/** Reads who may sign the commits on top of a view. */
export async function readSigners(view: StateView): Promise<Signers> {
  const entries = (await view.list(SIGNERS_FOLDER)) ?? [];
  const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
  const read = async (name: string) => (await view.read(`${SIGNERS_FOLDER}/${name}`)) ?? '';
  return {
    ssh: names.includes(SSH_FILE) ? await read(SSH_FILE) : '',
    gpg: await Promise.all(names.filter((name) => name.endsWith('.asc')).map(read)),
  };
}

/** What is checked, and with what. */
export interface SignatureCheck {
  readonly review: Review;
  readonly store: Backend;
  /** Name of the driver in the settings. */
  readonly backend: string;
}

/** Throws UsageError if the driver has no signatures, which kgit.yaml requires. */
export function requireSignatures({ review, backend }: SignatureCheck): Review['signatures'] & object {
  if (review.signatures) return review.signatures.bind(review);
  throw new UsageError(
    `${MARKER_FILE} requires signatures (settings.signatures), which backend: ${backend} does not have`,
    {
      suggestions: [
        `Remove 'signatures: required' from ${MARKER_FILE}`,
        'Or keep the state in a git repository: backend: git, and --repo PATH|URL',
      ],
      data: { feature: 'signatures', backend },
    },
  );
}

/** The revisions after `from` that change who may sign, oldest first, followed by `revision`. */
async function stretches(
  from: Revision,
  revision: Revision,
  { review }: SignatureCheck,
): Promise<Revision[]> {
  const ends = [revision];
  for (const change of await review.changesOf(SIGNERS_FOLDER, revision)) {
    if (await review.isOnLine(change, from)) break;
    if (change !== revision) ends.unshift(change);
  }
  return from === revision ? [] : ends;
}

function tell({ revision, verdict, signer }: Signature, review: Review, findings: Findings): void {
  if (verdict === 'good') return;
  const commit = revision.slice(0, 12);
  findings.add(
    'signature',
    null,
    `commit ${commit}: ${SIGNATURE_FAULTS[verdict]}${signer ? ` (${signer})` : ''}`,
    {
      severity: verdict === 'expired' ? 'warning' : 'error',
      fix: `Inspect it: ${toolsOf(review).show(revision)}. ${SIGNERS_FOLDER}/ lists who may sign`,
    },
  );
}

/**
 * Checks the signatures of the revisions after `trusted`. A revision must be signed if the kgit.yaml of its parent
 * requires it: the requirement starts after the commit that introduced it, and only a signed commit can lift it. Who
 * may sign a revision is read from its parent, so that no commit can allow itself; a commit that changes the signers
 * takes effect from the next one on, and only if it is properly signed. If nothing is trusted yet, the first revision
 * that requires signatures is.
 */
export async function checkSignatures(
  trusted: Revision | null,
  revision: Revision,
  check: SignatureCheck,
  findings: Findings,
): Promise<number> {
  const { review, store } = check;
  const versions = [...(await review.changesOf(MARKER_FILE, revision))].reverse();
  const requiredAfter = new Map<Revision, boolean>();
  for (const version of versions) requiredAfter.set(version, await isRequired(store.view(version)));
  const first = versions.find((version) => requiredAfter.get(version));
  if (first === undefined) return 0;
  const signaturesOf = requireSignatures(check);
  const isTrustedLater = trusted !== null && (await review.isOnLine(first, trusted));
  let from = isTrustedLater ? trusted : first;
  let signers = await readSigners(store.view(from));
  let required = await isRequired(store.view(from));
  let checked = 0;
  for (const end of await stretches(from, revision, check)) {
    let isEndAllowed = true;
    for (const signature of [...(await signaturesOf(from, end, signers))].reverse()) {
      isEndAllowed = !required || signature.verdict === 'good';
      if (required) {
        checked += 1;
        tell(signature, review, findings);
      }
      required = requiredAfter.get(signature.revision) ?? required;
    }
    if (isEndAllowed) signers = await readSigners(store.view(end));
    from = end;
  }
  return checked;
}

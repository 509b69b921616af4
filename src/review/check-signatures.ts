import { InvalidStateError } from '../errors.js';
import { MARKER_FILE } from '../model/layout.js';
import { parseState } from '../model/state-document.js';
import { lookUp } from '../model/state-path.js';
import type { ReviewStore, Signature, Signers } from '../store/review-store.js';
import type { Revision, StateStore, StateView } from '../store/state-store.js';
import type { Findings } from './finding.js';

/** The folder of those who may sign: an OpenSSH allowed signers file, and armoured OpenPGP keys. */
export const SIGNERS_FOLDER = '.kgit/signers';
const SSH_FILE = 'allowed_signers';

const FAULTS: Readonly<Record<Exclude<Signature['verdict'], 'good'>, string>> = {
  expired: 'its signature, or the key of it, has expired',
  none: 'it is not signed',
  bad: 'its signature is not valid',
  unknown: 'its signature is of nobody who is allowed',
};

/** Whether the kgit.yaml of a view asks for signatures; a broken one, which is a finding of its own, does not. */
async function isRequired(view: StateView): Promise<boolean> {
  const text = await view.read(MARKER_FILE);
  try {
    return lookUp(parseState(text ?? '', MARKER_FILE), ['settings', 'signatures']).value === 'required';
  } catch (error) {
    if (error instanceof InvalidStateError) return false;
    throw error;
  }
}

async function readSigners(view: StateView): Promise<Signers> {
  const entries = (await view.list(SIGNERS_FOLDER)) ?? [];
  const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
  const read = async (name: string) => (await view.read(`${SIGNERS_FOLDER}/${name}`)) ?? '';
  return {
    ssh: names.includes(SSH_FILE) ? await read(SSH_FILE) : '',
    gpg: await Promise.all(names.filter((name) => name.endsWith('.asc')).map(read)),
  };
}

/**
 * Checks the signatures of the revisions behind `trusted`: one must be signed where the kgit.yaml that it builds on
 * asks for it, so the requirement begins behind the commit that brought it, and only a signed one can lift it. Who may
 * sign is read from the trusted revision, for what came later could name anybody; where nothing is trusted yet, from
 * the first one that asks for it.
 */
export async function checkSignatures(
  trusted: Revision | null,
  revision: Revision,
  { review, store }: { readonly review: ReviewStore; readonly store: StateStore },
  findings: Findings,
): Promise<number> {
  const versions = [...(await review.changesOf(MARKER_FILE, revision))].reverse();
  const begins: { revision: Revision; required: boolean }[] = [];
  for (const version of versions)
    begins.push({ revision: version, required: await isRequired(store.view(version)) });
  const first = begins.find(({ required }) => required)?.revision;
  if (first === undefined) return 0;
  const isTrustedLater = trusted !== null && (await review.isOnLine(first, trusted));
  const from = isTrustedLater ? trusted : first;
  const signers = await readSigners(store.view(from));
  const signed = [...(await review.signatures(from, revision, signers))].reverse();
  const requiredAfter = new Map(begins.map((begin) => [begin.revision, begin.required]));
  let required = await isRequired(store.view(from));
  let checked = 0;
  for (const { revision: commit, verdict, signer } of signed) {
    if (required) {
      checked += 1;
      if (verdict !== 'good')
        findings.add(
          'signature',
          null,
          `commit ${commit.slice(0, 12)}: ${FAULTS[verdict]}${signer ? ` (${signer})` : ''}`,
          {
            severity: verdict === 'expired' ? 'warning' : 'error',
            fix: `Look at it: git show ${commit.slice(0, 12)}. Who may sign stands in ${SIGNERS_FOLDER}/`,
          },
        );
    }
    required = requiredAfter.get(commit) ?? required;
  }
  return checked;
}

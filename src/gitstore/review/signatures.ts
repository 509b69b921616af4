import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { PRIVATE_FOLDER } from '../../platform/file-modes.js';
import { startChild } from '../../process/child.js';
import { outputOf } from '../../process/child-output.js';
import type { Signature, Signers } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { type Git, gitFailed } from '../process/git.js';

/** Limit of gpg's output about the keys, in bytes. */
const MAX_OUTPUT = 1024 * 1024;

/** Verdicts by git's letters (`%G?`). U, a good signature of a key that nobody allowed, is not among them. */
const VERDICTS: Readonly<Record<string, Signature['verdict']>> = {
  G: 'good',
  X: 'expired',
  Y: 'expired',
  N: 'none',
  B: 'bad',
  R: 'bad',
};

/**
 * Makes a keyring of only these keys, all of them trusted. Throws EnvironmentError if gpg is missing or refuses a key.
 */
async function makeKeyring(folder: string, keys: readonly string[]): Promise<void> {
  await mkdir(folder, { mode: PRIVATE_FOLDER });
  await writeFile(join(folder, 'gpg.conf'), 'trust-model always\nno-autostart\n');
  if (keys.length === 0) return;
  const files = await Promise.all(
    keys.map(async (key, i) => {
      const file = join(folder, `key-${i}.asc`);
      await writeFile(file, key);
      return file;
    }),
  );
  const args = ['--homedir', folder, '--batch', '--quiet', '--no-tty', '--import', '--', ...files];
  const { ended, code, failure, stderr } = await outputOf(startChild('gpg', args, {}), {
    maxOutputBytes: MAX_OUTPUT,
  });
  if (code === 0) return;
  const isMissing = ended === 'missing';
  throw new EnvironmentError(
    isMissing ? 'gpg is not installed, or not in PATH' : 'gpg cannot read the keys of the allowed signers',
    {
      cause: failure ?? new Error(stderr),
      suggestions: [
        isMissing
          ? 'Install GnuPG'
          : 'Check each key with gpg --show-keys: armoured public keys, one or more a file',
      ],
    },
  );
}

/** The signatures along first parents, newest first, as git checks them against only these signers. */
export async function signatures(
  git: Git,
  from: Revision | null,
  to: Revision,
  signers: Signers,
): Promise<Signature[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kgit-signers-'));
  try {
    const [allowed, keyring] = [join(folder, 'allowed_signers'), join(folder, 'gnupg')];
    await writeFile(allowed, signers.ssh);
    await makeKeyring(keyring, signers.gpg);
    const args = [
      // The settings of a copied repository may name other programs, and git would run them.
      ...['-c', 'gpg.program=gpg', '-c', 'gpg.ssh.program=ssh-keygen', '-c', 'gpg.x509.program=gpgsm'],
      ...['-c', `gpg.ssh.allowedSignersFile=${allowed}`],
      ...['log', '-z', '--first-parent', '--no-show-signature', '--format=%H%x01%G?%x01%GS'],
      ...['--end-of-options', to, ...(from === null ? [] : [`^${from}`]), '--'],
    ];
    const { code, stdout, stderr } = await git.run(args, { env: { GNUPGHOME: keyring } });
    if (code !== 0) throw gitFailed(['log'], code, stderr);
    const records = stdout.toString('utf8').split('\0').filter(Boolean);
    return records.map((record) => {
      const [revision = '', letter = '', signer = ''] = record.split('\u0001');
      return { revision, verdict: VERDICTS[letter] ?? 'unknown', signer };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

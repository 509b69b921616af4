import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, SecretError } from '../../errors.js';
import { formatRecipient, type Recipient, sameRecipients } from '../../model/team-secret/recipients.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { type Check, finding, findingOf, passed } from '../../model/value/check.js';
import { counted } from '../../model/value/counted.js';
import { OLDEST_SOPS, type Sops } from '../../secrets/sops.js';
import { openSops } from '../../setup/open-sops.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { StateView } from '../../store/port/state-store.js';
import { type StoredSecret, storedSecrets } from '../secret/stored-secrets.js';
import { sharedWith } from '../secret/team-values.js';

/** A text that is encrypted for the team and decrypted at once, in memory: who can do that is a recipient of today. */
const PROBE = 'kgit doctor';
/** Where a folder of configuration has the keys of age. */
const KEYS = 'sops/age/keys.txt';

/**
 * Checks what the secrets of a team need: `.sops.yaml`, sops, and the user's key. Empty if the repository shares none, and then no
 * sops is started. Throws InvalidStateError if `.sops.yaml` is broken.
 */
export async function checkTeamSecrets(
  view: StateView,
  settings: Settings,
  environment: Environment,
): Promise<readonly Check[]> {
  const recipients = await sharedWith(view);
  if (recipients === null) return [];
  const { secrets, broken } = await storedSecrets(view);
  const sops = openSops(settings, environment);
  const config = configCheck(recipients, sops, secrets, broken);
  if (!config.ok) return [config];
  const program = await orFinding('sops', () => programCheck(sops));
  if (!program.ok) return [config, program];
  return [
    config,
    program,
    await orFinding('secrets-key', () => keyCheck(sops, { recipients, secrets }, environment)),
  ];
}

/** The result of a check; a finding of this name if sops does not run or cannot do what the check asks for. */
async function orFinding(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof EnvironmentError) return findingOf(name, error);
    throw error;
  }
}

async function programCheck(sops: Sops): Promise<Check> {
  const version = await sops.version();
  if (!isOlder(version, OLDEST_SOPS)) return passed('sops', version);
  return finding(
    'sops',
    `${version} is older than ${OLDEST_SOPS}, which kgit needs`,
    'Install a newer one: https://getsops.io/docs/#download',
  );
}

/** Checks the recipients and the files of the secrets. */
function configCheck(
  recipients: readonly Recipient[],
  sops: Sops,
  secrets: readonly StoredSecret[],
  broken: readonly string[],
): Check {
  try {
    sops.refuseKinds(recipients, SOPS_FILE);
  } catch (error) {
    if (error instanceof SecretError) return findingOf('secrets', error);
    throw error;
  }
  const [first] = broken;
  if (first !== undefined) return finding('secrets', first, "'kgit validate' lists what is wrong");
  const due = secrets.filter((secret) => !sameRecipients(secret.recipients, recipients)).length;
  const waits = due === 0 ? '' : `; ${counted(due, 'secret')} to encrypt again with kgit secrets rotate`;
  return passed(
    'secrets',
    `${counted(secrets.length, 'secret')} for ${counted(recipients.length, 'recipient')}${waits}`,
  );
}

/** Checks the user's key. To have none is no finding: it is not needed for writing. */
async function keyCheck(
  sops: Sops,
  {
    recipients,
    secrets,
  }: { readonly recipients: readonly Recipient[]; readonly secrets: readonly StoredSecret[] },
  environment: Environment,
): Promise<Check> {
  const probe = await sops.encrypt(PROBE, PROBE, recipients, PROBE);
  const isMember = await decrypts(sops, { text: probe, path: PROBE, file: PROBE });
  if (!isMember) {
    if (!(await hasKey(environment, recipients)))
      return passed('secrets-key', 'you have no key here: you can write secrets, and not read them');
    const names = recipients.slice(0, 3).map(formatRecipient);
    return finding(
      'secrets-key',
      `your key is none of those that the team encrypts for: ${names.join(', ')}${recipients.length > names.length ? ', …' : ''}`,
      'Ask one of them to add you: kgit secrets recipients add AGE, then kgit secrets rotate',
    );
  }
  const [secret] = secrets;
  if (secret === undefined || (await decrypts(sops, secret)))
    return passed('secrets-key', 'your key decrypts the secrets of the team');
  return finding(
    'secrets-key',
    `your key decrypts what is written from now on, and not ${secret.path}`,
    'Ask somebody who can read it to run kgit secrets rotate',
  );
}

async function decrypts(
  sops: Sops,
  { text, path, file }: Pick<StoredSecret, 'text' | 'path' | 'file'>,
): Promise<boolean> {
  try {
    await sops.decrypt(text, path, file);
    return true;
  } catch (error) {
    if (error instanceof SecretError && error.causeWord === 'no-key') return false;
    throw error;
  }
}

/** Whether the user has a key where sops looks for one. An ssh key counts only where the team encrypts for ssh keys. */
async function hasKey(environment: Environment, recipients: readonly Recipient[]): Promise<boolean> {
  const isNamed = Object.entries(environment).some(
    ([name, value]) => value && /^SOPS_AGE_(?:KEY|SSH_PRIVATE_KEY)/.test(name),
  );
  if (isNamed) return true;
  const home = environment['HOME'] ?? '/';
  const hasSsh = recipients.some(({ id }) => id.startsWith('ssh-'));
  const places = [
    join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), KEYS),
    // Where sops looks on macOS.
    join(home, 'Library/Application Support', KEYS),
    ...(hasSsh ? ['id_ed25519', 'id_rsa'].map((name) => join(home, '.ssh', name)) : []),
  ];
  return places.some((place) => existsSync(place));
}

/** Whether a version is older than another, both `X.Y.Z`. */
function isOlder(version: string, oldest: string): boolean {
  const [one, other] = [version, oldest].map((text) => text.split('.').map(Number));
  const at = (other ?? []).findIndex((part, i) => part !== one?.[i]);
  return at >= 0 && !((one?.[at] ?? 0) > (other?.[at] ?? 0));
}

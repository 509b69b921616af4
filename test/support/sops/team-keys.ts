import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

/** A member of a team: a key pair of age. */
export interface Member {
  readonly recipient: string;
  /** The file of the private key. */
  readonly keyFile: string;
}

const FOLDER = join(userInfo().homedir, '.cache/kgit-tests/sops-v3.13.3');

/** Whether there is the sops that `install.sh` in this folder builds. */
export const HAS_SOPS = existsSync(join(FOLDER, 'sops'));

/** The environment of somebody who has sops, and the key of a member if one is given. */
export function sopsEnvironment(member?: Member): Record<string, string> {
  return {
    PATH: `${FOLDER}:${process.env['PATH']}`,
    ...(member ? { SOPS_AGE_KEY_FILE: member.keyFile } : {}),
  };
}

/** Makes a key pair by Debian's age. */
export function makeMember(): Member {
  const keyFile = join(temporaryFolder(), 'key.txt');
  const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  writeFileSync(keyFile, text, { mode: 0o600 });
  const [recipient] = /age1[0-9a-z]+/.exec(text) ?? [];
  if (recipient === undefined) throw new Error('age-keygen printed no recipient');
  return { recipient, keyFile };
}

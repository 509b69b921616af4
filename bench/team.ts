import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './surroundings.js';
import { onPath, sopsFolder } from './tools.js';

/** Somebody who shares secrets with a team of one, with a sops whose runs are counted. */
export interface Team {
  /** The public key of age. */
  readonly recipient: string;
  /** The environment of commands that have the key and this sops. */
  readonly env: Record<string, string | undefined>;
  /** How often sops was started since it was asked last. */
  runs(): number;
}

/** Makes a key pair and the counting sops in the folder of a figure; or says which program is missing. */
export function makeTeam(surroundings: Surroundings): Team | { readonly missing: string } {
  const keygen = onPath('age-keygen');
  if ('missing' in keygen) return keygen;
  const sops = sopsFolder(surroundings.project);
  if ('missing' in sops) return sops;
  const text = execFileSync(keygen.path, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [recipient] = /age1[0-9a-z]+/.exec(text) ?? [];
  if (recipient === undefined) return { missing: 'age-keygen printed no recipient' };
  const folder = surroundings.folder('team');
  const [keyFile, runs] = [join(folder, 'key.txt'), join(folder, 'runs')];
  writeFileSync(keyFile, text, { mode: 0o600 });
  const counting = surroundings.folder('counting');
  // Without its own folder in PATH, it finds the program that it counts.
  const script = `#!/bin/sh\necho run >>'${runs}'\nPATH=\${PATH#*:}\nexec sops "$@"\n`;
  writeFileSync(join(counting, 'sops'), script, { mode: 0o755 });
  return {
    recipient,
    env: surroundings.env({
      PATH: `${counting}:${sops.path}:${process.env['PATH']}`,
      SOPS_AGE_KEY_FILE: keyFile,
    }),
    runs: () => {
      const count = existsSync(runs) ? readFileSync(runs, 'utf8').split('\n').length - 1 : 0;
      rmSync(runs, { force: true });
      return count;
    },
  };
}

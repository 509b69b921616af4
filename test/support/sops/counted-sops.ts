import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { type Member, sopsEnvironment } from './team-keys.js';

/** As `sopsEnvironment`, with a sops that counts how often it is started. */
export function countedSops(member?: Member) {
  const folder = temporaryFolder();
  const runs = join(folder, 'runs');
  const environment = sopsEnvironment(member);
  writeFileSync(join(folder, 'sops'), `#!/bin/sh\necho "$1" >>${runs}\nPATH=\${PATH#*:}\nexec sops "$@"\n`, {
    mode: 0o755,
  });
  return {
    environment: { ...environment, PATH: `${folder}:${environment['PATH']}` },
    /** How often it was started with this word. */
    count: (word: 'encrypt' | 'decrypt') =>
      (existsSync(runs) ? readFileSync(runs, 'utf8') : '').split('\n').filter((line) => line === word).length,
  };
}

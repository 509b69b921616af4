import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';
import { expectFailure } from '../support/state-repository.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

describe('kgit completion', () => {
  const folder = temporaryFolder();
  const scripts: Record<string, string> = {};

  beforeAll(async () => {
    const runs = await Promise.all(SHELLS.map((shell) => kgit(folder, ['completion', shell])));
    for (const [i, shell] of SHELLS.entries()) {
      expect(runs[i]).toMatchObject({ code: 0, stderr: '' });
      scripts[shell] = runs[i]?.stdout ?? '';
      writeFileSync(join(folder, shell), scripts[shell]);
    }
  });

  it.each(SHELLS)('prints code that %s takes for valid', (shell) => {
    for (const word of ['push-event', 'clusters', 'outbox', 'no-fetch'])
      expect(scripts[shell]).toContain(word);
    const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
    if (isThere) execFileSync(shell, ['-n', join(folder, shell)]);
  });

  it.each([
    ['kgit pu', ['push-event']],
    ['kgit list c', ['clusters']],
    ['kgit phase sk', ['skip']],
    ['kgit set --if', ['--if', '--if-absent', '--if-revision']],
    ['kgit get --no-f', ['--no-fetch']],
    ['kgit nonsense --f', []],
  ])('completes %j in bash', (line, expected) => {
    const words = line.split(' ');
    // Called as bash does it: COMP_WORDS and COMP_CWORD set, the function that `complete` was told of.
    const script = `source "$1"; shift
      COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
      handler=$(complete -p kgit | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$handler" kgit "\${COMP_WORDS[COMP_CWORD]}" ""
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const reply = execFileSync('bash', ['-c', script, 'bash', join(folder, 'bash'), ...words], {
      encoding: 'utf8',
    });
    expect(reply.split('\n').filter(Boolean)).toEqual(expected);
  });

  it('refuses a shell that it does not know: 2', async () => {
    expectFailure(await kgit(folder, ['completion', 'tcsh', '--json']), 'USAGE', 2);
  });
});

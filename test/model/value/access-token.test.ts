import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessToken, hasToken, tokenVariables } from '../../../src/model/value/access-token.js';

const askpass = join(import.meta.dirname, '../../../bin/askpass.sh');
const ENV = {
  KGIT_ASKPASS_HOST: 'git.example:8443',
  KGIT_ASKPASS_USER: 'me+1',
  KGIT_ASKPASS_ENCODED: 'me%2B1',
  KGIT_ASKPASS_TOKEN: 'secret',
};

/** What askpass answers; null where it refuses. */
function ask(prompt: string, env: Record<string, string> = ENV): string | null {
  try {
    return execFileSync(askpass, [prompt], { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' });
  } catch {
    return null;
  }
}

describe('accessToken', () => {
  const all = { GITHUB_TOKEN: 'hub', CI_JOB_TOKEN: 'job', CI_SERVER_HOST: 'lab.example' };

  it.each([
    ['https://github.com/a/b.git', 'hub'],
    ['https://GitHub.com:443/a/b.git', 'hub'],
    ['https://lab.example/a', 'job'],
    ['https://github.com.evil.example/a', undefined],
    ['https://github.com:8443/a', undefined],
    ['https://bob:pw@github.com/a', undefined],
    ['https://github.com%2f@evil.example/', undefined],
    ['https://evil.example/@github.com/', undefined],
    ['https://evil.example\\@github.com/', undefined],
    ['http://github.com/a', undefined],
    ['ssh://git@github.com/a', undefined],
    ['git@github.com:a/b', undefined],
    ['/srv/github.com/a', undefined],
  ])('%s: %s', (url, token) => {
    expect(accessToken(url, all, true)?.token).toBe(token);
  });

  it('reads its own variables alone', () => {
    expect(tokenVariables({ KGIT_TOKEN: 'x', PATH: '/bin', GH_TOKEN: '' })).toEqual({ KGIT_TOKEN: 'x' });
    expect([hasToken({ KGIT_TOKEN: 'x' }), hasToken({ CI_SERVER_HOST: 'h' })]).toEqual([true, false]);
  });
});

describe('askpass', () => {
  it.each([
    ["Username for 'https://git.example:8443': ", 'me+1\n'],
    ["Password for 'https://me+1@git.example:8443': ", 'secret\n'],
    ["Password for 'https://me%2B1@git.example:8443': ", 'secret\n'],
    ["Password for 'https://me+1@git.example': ", null],
    ["Password for 'http://me+1@git.example:8443': ", null],
    ["Password for 'https://git.example:8443/@evil.example': ", null],
    ["Password for 'https://me+1@git.example:8443@evil.example': ", null],
    ["Password for 'https://evil.example/me+1@git.example:8443': ", null],
    ["Enter passphrase for key '/home/me/.ssh/id': ", null],
    ['', null],
  ])('%s', (prompt, answer) => {
    expect(ask(prompt)).toBe(answer);
  });

  it("asks the user's own program on, without the token", () => {
    expect(ask('anything', { ...ENV, KGIT_ASKPASS_NEXT: '/usr/bin/env' })).toBeNull();
    expect(ask('PATH', { ...ENV, KGIT_ASKPASS_NEXT: '/usr/bin/printenv' })).toContain('/');
    expect(ask('KGIT_ASKPASS_TOKEN', { ...ENV, KGIT_ASKPASS_NEXT: '/usr/bin/printenv' })).toBeNull();
  });
});

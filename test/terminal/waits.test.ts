import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';
import { neverAnswers, type SilentServer } from '../support/silent-servers.js';
import { sharedState } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

/** What takes the line of a wait away again. */
const CLEAR = '\r\u001b[K';
const WAITING = /fetching from origin: \d+s/;

describe.concurrent('what is waited for', () => {
  let server: SilentServer;
  beforeAll(async () => {
    server = await neverAnswers();
    return () => server.stop();
  });
  function clone(): string {
    const path = cloneOf(sharedState());
    git(path, 'remote', 'set-url', 'origin', server.url);
    return path;
  }
  const slow = ['list', '--fetch', '--timeout', '3s'];

  it('is told on a terminal, and taken away in the end', async () => {
    const { code, screen } = await onTerminal(clone(), slow);
    expect(screen).toMatch(WAITING);
    expect(screen.slice(screen.lastIndexOf('fetching from origin'))).toContain(CLEAR);
    expect(code).toBe(16);
  });

  it('is told beside JSON, for it goes to the terminal of stderr', async () => {
    const { screen } = await onTerminal(clone(), [...slow, '--json']);
    expect(screen).toMatch(WAITING);
    expect(stripVTControlCharacters(screen.slice(screen.lastIndexOf(CLEAR)))).toMatch(/^\s*\{/);
  });

  it.each<[string, readonly string[], Record<string, string>]>([
    ['in CI', [], { CI: 'true' }],
    ['with --quiet', ['--quiet'], {}],
    ['where no line can be written over', [], { TERM: 'dumb' }],
  ])('is not told %s', async (_why, more, env) => {
    const { screen } = await onTerminal(clone(), [...slow, ...more], { env });
    expect(screen).not.toContain('fetching from');
  });

  it('is not told in a pipe', async () => {
    const { stdout, stderr } = await kgit(clone(), slow);
    expect(stdout + stderr).not.toContain('fetching from');
  });

  it('is not written over a question of ssh', async () => {
    const own = cloneOf(sharedState());
    git(own, 'remote', 'set-url', 'origin', 'ssh://git@host.invalid/state.git');
    const ssh = `sh -c 'printf "Passphrase? " >/dev/tty; sleep 2.5; exit 255'`;
    const { screen } = await onTerminal(own, ['list', '--fetch', '--timeout', '20s'], {
      env: { GIT_SSH_COMMAND: ssh },
    });
    const asked = screen.indexOf('Passphrase? ');
    expect(asked).toBeGreaterThanOrEqual(0);
    expect(screen.slice(asked)).toMatch(/^Passphrase\? fetching from origin … /);
  });

  it('leaves nothing of it in what fails', async () => {
    const folder = temporaryFolder();
    const { code, screen } = await onTerminal(folder, ['clone', `${folder}/nowhere.git`]);
    expect(screen).not.toMatch(/\d+%/);
    expect(code).toBe(16);
  });
});

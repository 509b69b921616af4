import { describe, expect, it } from 'vitest';
import { pushOutcome, remoteFailure } from '../../../src/gitstore/branch/push-outcome.js';
import { TIMED_OUT } from '../../../src/gitstore/process/git.js';

const REF = 'abc:refs/heads/main';
const status = (flag: string, summary: string) => `To /srv/state.git\n${flag}\t${REF}\t${summary}\nDone\n`;
const outcome = (code: number, stdout: string, stderr = '') =>
  pushOutcome({ code, stdout: Buffer.from(stdout), stderr }, 'remote origin (x)', 'main')?.kind ??
  'moved here';

/** What git and servers answer, recorded; the last column is what it means. */
const ROWS: readonly [string, number, string, string, string][] = [
  ['fast-forward', 0, status(' ', 'a..b'), '', 'moved here'],
  ['created', 0, status('*', '[new branch]'), '', 'moved here'],
  [
    'a server that died after it had moved the branch',
    1,
    status(' ', '7363936..b72fe8a'),
    "error: failed to push some refs to '/srv/state.git'\n",
    'moved here',
  ],
  [
    'a server that died before it told how it went',
    1,
    status('!', '[remote failure] (remote failed to report status)'),
    'fatal: the remote end hung up unexpectedly\n',
    'unknown',
  ],
  [
    'a server whose branch names a commit that it does not have',
    1,
    status('!', '[remote rejected] (missing necessary objects)'),
    'remote: fatal: bad object refs/heads/main\n',
    'denied',
  ],
  [
    'a server without the base of what was sent',
    1,
    status('!', '[remote rejected] (unpacker error)'),
    'remote: fatal: unresolved deltas left after unpacking\n',
    'denied',
  ],
  ['remote moved, objects unknown', 1, status('!', '[rejected] (fetch first)'), '', 'moved'],
  ['remote moved, fetched', 1, status('!', '[rejected] (non-fast-forward)'), '', 'moved'],
  ['lease expectation wrong', 1, status('!', '[rejected] (stale info)'), '', 'moved'],
  [
    'race won by another inside receive-pack',
    1,
    status('!', '[remote rejected] (failed to update ref)'),
    "remote: error: cannot lock ref 'refs/heads/main': is at 0123abcd but expected 4567cdef\n",
    'moved',
  ],
  [
    'the same at GitHub',
    1,
    status('!', "[remote rejected] (cannot lock ref 'refs/heads/main': is at 0123ab but expected 4567cd)"),
    '',
    'moved',
  ],
  [
    'create race',
    1,
    status('!', '[remote rejected] (failed to update ref)'),
    "remote: error: cannot lock ref 'refs/heads/main': reference already exists\n",
    'moved',
  ],
  [
    'folder and file of one name',
    1,
    status('!', '[remote rejected] (failed to update ref)'),
    "remote: error: cannot lock ref 'refs/heads/main/x': 'refs/heads/main' exists; cannot create 'refs/heads/main/x'\n",
    'refused',
  ],
  [
    'a server process that crashed',
    1,
    status('!', '[remote rejected] (failed to update ref)'),
    "remote: error: Unable to create '/srv/state.git/refs/heads/main.lock': File exists.\n",
    'busy',
  ],
  [
    'race, as other versions of git and forges say it',
    1,
    status('!', '[remote rejected] (incorrect old value provided)'),
    '',
    'moved',
  ],
  [
    'a server that takes no forced push',
    1,
    status('!', '[remote rejected] (non-fast-forward)'),
    '',
    'refused',
  ],
  [
    'rules of a forge',
    1,
    status('!', '[remote rejected] (push declined due to repository rule violations)'),
    'remote: error: GH013: Repository rule violations found for refs/heads/main.\n',
    'refused',
  ],
  [
    'disk full there',
    1,
    status('!', '[remote rejected] (unpacker error)'),
    'remote: fatal: unable to write loose object file: No space left on device        \nerror: remote unpack failed: unpack-objects abnormal exit\n',
    'unreachable',
  ],
  [
    'objects that the server does not take',
    1,
    status('!', '[remote rejected] (unpacker error)'),
    'remote: error: object 0123: zeroPaddedFilemode: contains zero-padded file modes        \nerror: remote unpack failed: index-pack abnormal exit\n',
    'refused',
  ],
  ['hook', 1, status('!', '[remote rejected] (pre-receive hook declined)'), 'remote: no\n', 'refused'],
  ['protection', 1, status('!', '[remote rejected] (protected branch hook declined)'), '', 'refused'],
  ['hidden ref', 1, status('!', '[remote rejected] (deny updating a hidden ref)'), '', 'refused'],
  ['checked out there', 1, status('!', '[remote rejected] (branch is currently checked out)'), '', 'refused'],
  ['shallow', 1, status('!', '[remote rejected] (shallow update not allowed)'), '', 'refused'],
  [
    'no such repository, local',
    128,
    '',
    "fatal: '/srv/none' does not appear to be a git repository\n",
    'denied',
  ],
  ['no such repository, https', 128, '', "fatal: repository 'https://h/x.git/' not found\n", 'denied'],
  ['wrong password', 128, '', "fatal: Authentication failed for 'https://h/x.git/'\n", 'denied'],
  [
    '403',
    128,
    '',
    "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 403\n",
    'denied',
  ],
  [
    'ssh key unknown',
    128,
    '',
    'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n',
    'denied',
  ],
  [
    'host key',
    128,
    '',
    'Host key verification failed.\nfatal: Could not read from remote repository.\n',
    'denied',
  ],
  ['transport', 128, '', "fatal: transport 'ext' not allowed\n", 'denied'],
  [
    'no such host',
    128,
    '',
    "fatal: unable to access 'https://h/x.git/': Could not resolve host: h\n",
    'unreachable',
  ],
  [
    'refused connection',
    128,
    '',
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1: Connection refused\n",
    'unreachable',
  ],
  [
    '502',
    128,
    '',
    "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 502\n",
    'unreachable',
  ],
  [
    'line broken after the objects were sent',
    128,
    '',
    'fatal: the remote end hung up unexpectedly\n',
    'unknown',
  ],
  ['time-out', TIMED_OUT, '', '', 'unknown'],
];

describe('pushOutcome', () => {
  it.each(ROWS)('%s', (_name, code, stdout, stderr, expected) => {
    expect(outcome(code, stdout, stderr)).toBe(expected);
  });

  it("names the lock file of the server's that was in the way", () => {
    const lock = "remote: error: Unable to create '/srv/state.git/refs/heads/main.lock': File exists.\n";
    const stdout = Buffer.from(status('!', '[remote rejected] (failed to update ref)'));
    const result = { code: 1, stdout, stderr: lock };
    expect(pushOutcome(result, 'origin', 'main')).toMatchObject({
      kind: 'busy',
      error: { code: 'REMOTE', data: { lock: 'main.lock' } },
    });
  });

  it('takes a push that says nothing of the ref for no success', () => {
    expect(outcome(0, 'To x\nDone\n')).not.toBe('moved here');
  });

  it.each([
    [
      'empty lines',
      'remote: error: GH006: Protected branch update failed for refs/heads/main.        \nremote: \nremote: - Changes must be made through a pull request.        \n',
      'GH006: Protected branch update failed for refs/heads/main.; - Changes must be made through a pull request.',
    ],
    [
      'the frame of errors that Gitea has around it',
      'remote: \nremote: error:        \nremote: error: Not allowed to push to protected branch main        \nremote: error:        \n',
      'Not allowed to push to protected branch main',
    ],
    ['what another server said', 'remote: remote: no such user        \nremote:  remote: \n', 'no such user'],
  ])('tells what a server says, without %s and "remote:"', (_name, stderr, detail) => {
    const stdout = Buffer.from(status('!', '[remote rejected] (pre-receive hook declined)'));
    const result = pushOutcome({ code: 1, stdout, stderr }, 'origin', 'main');
    const message = result && 'error' in result ? result.error.message : '';
    expect(message).toBe(`origin refuses the push to main: pre-receive hook declined (${detail})`);
  });

  it('tells no more than the reason where a server says nothing', () => {
    const stdout = Buffer.from(status('!', '[remote rejected] (out of cheese)'));
    const stderr = 'remote: \nremote: Resolving deltas: 0% (0/1)\n';
    const result = pushOutcome({ code: 1, stdout, stderr }, 'origin', 'main');
    expect(result).toMatchObject({ kind: 'refused' });
    expect(result && 'error' in result && result.error.message).toMatch(/: out of cheese$/);
  });

  it("keeps credentials, control characters and git's own advice out of messages", () => {
    const stderr =
      "\u001b[31mfatal: unable to access 'https://bob:hunter2@h/x.git/': Could not resolve host: h\nhint: x\n";
    const { error } = remoteFailure({ code: 128, stdout: Buffer.alloc(0), stderr }, 'origin');
    expect(error.message).not.toMatch(/hunter2|bob|\u001b|hint/);
    expect(error.message).toContain('https://h/x.git/');
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Git, TIMED_OUT } from '../../../src/gitstore/process/git.js';
import { UPLOAD_PACK } from '../../../src/gitstore/process/transfer-options.js';
import { cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { sharedState } from '../../support/state-repository.js';

const TRANSFER = { isTransfer: true };

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a transfer', () => {
  it('gives output and exit code, whatever they are', async () => {
    const git = new Git(cloneOf(sharedState()), process.env);
    const list = await git.run(['ls-remote', UPLOAD_PACK, 'origin', 'refs/heads/main'], TRANSFER);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout.toString()).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main\n$/);
    const none = await git.run(['ls-remote', UPLOAD_PACK, '--exit-code', 'origin', 'refs/heads/x'], TRANSFER);
    expect(none).toMatchObject({ code: 2, stdout: Buffer.alloc(0) });
    const failed = await git.run(['fetch', '--quiet', 'nowhere', 'main'], TRANSFER);
    expect(failed).toMatchObject({ code: 128, stderr: expect.stringContaining("'nowhere' does not appear") });
  });

  it('is ended at its time limit with all that git started', async () => {
    const folder = temporaryFolder();
    const [ssh, note] = [join(folder, 'ssh'), join(folder, 'pid')];
    writeFileSync(ssh, `#!/bin/sh\nsleep 600 &\necho $! > ${note}\nwait\n`, { mode: 0o755 });
    const git = new Git(folder, { ...process.env, GIT_SSH: ssh });
    let isOver = false;
    const result = git
      .run(['ls-remote', 'ssh://host.invalid/x'], { ...TRANSFER, timeout: 3000 })
      .finally(() => {
        isOver = true;
      });
    while (!isOver && !existsSync(note)) await sleep(20);
    expect((await result).code).toBe(TIMED_OUT);
    const pid = Number(readFileSync(note, 'utf8'));
    expect(pid).toBeGreaterThan(1);
    while (isThere(pid)) await sleep(20);
  });

  /** A git that runs a script. */
  function scripted(script: string): Git {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}`, { mode: 0o755 });
    return new Git(folder, { ...process.env, PATH: `${folder}:${process.env['PATH']}` });
  }

  it('gives output that comes only after git has ended', async () => {
    const git = scripted('(while kill -0 $$ 2>/dev/null; do sleep 0.1; done; sleep 0.3; echo late) &\n');
    const { code, stdout } = await git.run(['ls-remote'], TRANSFER);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'late\n' });
  });

  it('is over at its time limit even if a process that outlives git keeps its output open', async () => {
    const note = join(temporaryFolder(), 'pid');
    const git = scripted(`setsid sleep 600 &\necho $! > ${note}\n`);
    try {
      expect((await git.run(['ls-remote'], { ...TRANSFER, timeout: 1000 })).code).toBe(TIMED_OUT);
    } finally {
      process.kill(Number(readFileSync(note, 'utf8')), 'SIGKILL');
    }
  });

  it.each([
    ['--upload-pack=touch x', ['ls-remote', '--upload-pack=touch x', 'origin']],
    ['-c alias.x', ['-c', 'alias.x=!touch x', 'x']],
    ['-c core.sshCommand', ['-c', 'core.sshCommand=touch x', 'ls-remote', 'ssh://host.invalid/x']],
  ])('refuses %s, which is no word of ours', async (_what, args) => {
    const { GIT_CONFIG_COUNT: _, ...environment } = process.env;
    const git = new Git(cloneOf(sharedState()), environment);
    await expect(git.run(args, TRANSFER)).rejects.toThrow(/not permitted/);
  });
});

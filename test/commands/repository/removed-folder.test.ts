import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { PROGRAM } from '../../support/kgit.js';

describe('in a folder that was removed', () => {
  it.each([
    'get',
    'list',
    'log',
    'status --offline',
    'doctor',
    'push-event x --cluster prod',
    'set kof.a=1',
    'init',
    'sync',
  ])('kgit %s says so: 18', (line) => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "${PROGRAM}" ${line}`;
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath], {
      cwd: temporaryFolder(),
      encoding: 'utf8',
    });
    expect(stderr).toContain('error ENVIRONMENT: the folder that this command runs in was removed');
    expect(status).toBe(18);
  });

  it('kgit completion works', () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "${PROGRAM}" completion bash`;
    const run = spawnSync('sh', ['-c', script, process.execPath], {
      cwd: temporaryFolder(),
      encoding: 'utf8',
    });
    expect(run.status).toBe(0);
  });
});

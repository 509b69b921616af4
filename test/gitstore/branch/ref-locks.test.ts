import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RefLocks } from '../../../src/gitstore/branch/ref-locks.js';
import { RefSession } from '../../../src/gitstore/branch/ref-session.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { thisHost } from '../../../src/setup/this-host.js';
import { git } from '../../support/git-fixtures.js';
import { kgit } from '../../support/kgit.js';
import { commitFiles, stateRepository } from '../../support/state-repository.js';

const MAIN = 'refs/heads/main';
let path: string;
let older: string;
let newer: string;
let lockFile: string;
let notes: string;
beforeEach(() => {
  path = stateRepository();
  older = git(path, 'rev-parse', 'HEAD');
  commitFiles(path, { a: 'b' });
  newer = git(path, 'rev-parse', 'HEAD');
  lockFile = join(path, '.git', `${MAIN}.lock`);
  notes = join(path, '.git/kgit/ref-locks');
});

const locks = () => new RefLocks(join(path, '.git'), join(path, '.git/kgit'), thisHost);
const session = () => new RefSession(new Git(path, process.env), locks());
const back = () => [`update ${MAIN} ${older} ${newer}\n`];

/** Kills a git of kgit's with its locks in hand. */
async function killPrepared(): Promise<void> {
  const refs = session();
  expect(await refs.prepare(back())).toBeNull();
  const [name = ''] = readdirSync(notes);
  process.kill(Number(name), 'SIGKILL');
  await refs.end();
  expect(existsSync(lockFile)).toBe(true);
}

describe('the locks of refs', () => {
  it('are noted while they are held, and forgotten with the commit or the end', async () => {
    const refs = session();
    await refs.prepare(back());
    const [name = ''] = readdirSync(notes);
    expect(JSON.parse(readFileSync(join(notes, name), 'utf8'))).toMatchObject({
      pid: Number(name),
      locks: [{ path: lockFile }, { path: join(path, '.git/HEAD.lock') }],
    });
    await locks().removeLeftBehind();
    expect(existsSync(lockFile)).toBe(true);
    await refs.commit();
    expect(readdirSync(notes)).toEqual([]);
    await refs.prepare([`update ${MAIN} ${newer} ${older}\n`]);
    await refs.end();
    expect(readdirSync(notes)).toEqual([]);
    expect(git(path, 'rev-parse', MAIN)).toBe(older);
  });

  it('of a git that was killed are removed by the next write', async () => {
    await killPrepared();
    const write = await kgit(path, ['push-event', 'touched', '--deployment', 'dep-a', '--create', '--json']);
    expect(write.code).toBe(0);
    expect(write.json.delivery).toBe('published');
    expect(existsSync(lockFile)).toBe(false);
    expect(readdirSync(notes)).toEqual([]);
  });

  it('of another git stay, also where one of kgit had the same path before', async () => {
    await killPrepared();
    rmSync(lockFile);
    writeFileSync(lockFile, 'of another git');
    await locks().removeLeftBehind();
    expect(readFileSync(lockFile, 'utf8')).toBe('of another git');
    expect(existsSync(join(path, '.git/HEAD.lock'))).toBe(false);
  });

  it('stay where a note is damaged, or names a file elsewhere', async () => {
    await killPrepared();
    const [name = ''] = readdirSync(notes);
    const note = JSON.parse(readFileSync(join(notes, name), 'utf8'));
    const outside = join(path, 'precious');
    writeFileSync(outside, 'kept');
    note.locks[0].path = outside;
    writeFileSync(join(notes, name), JSON.stringify(note));
    writeFileSync(join(notes, '1'), '{"pid": 1, "locks"');
    await locks().removeLeftBehind();
    expect(readFileSync(outside, 'utf8')).toBe('kept');
    expect(existsSync(lockFile)).toBe(true);
    expect(readdirSync(notes)).toEqual([]);
  });
});

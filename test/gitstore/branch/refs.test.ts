import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RefLocks } from '../../../src/gitstore/branch/ref-locks.js';
import { RefSession } from '../../../src/gitstore/branch/ref-session.js';
import { Refs } from '../../../src/gitstore/branch/refs.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { thisHost } from '../../../src/setup/this-host.js';
import { git } from '../../support/git-fixtures.js';
import { commitFiles, stateRepository } from '../../support/state-repository.js';

const MAIN = 'refs/heads/main';
let path: string;
let refs: Refs;
let older: string;
let newer: string;
beforeEach(() => {
  path = stateRepository();
  older = git(path, 'rev-parse', 'HEAD').trim();
  commitFiles(path, { a: 'b' });
  newer = git(path, 'rev-parse', 'HEAD').trim();
  refs = new Refs(new Git(path, process.env), { commonDir: join(path, '.git'), config: new Map() });
});

describe('reading', () => {
  it('finds refs in files of their own, packed ones, and one packed and moved since', async () => {
    git(path, 'update-ref', 'refs/heads/other', older);
    git(path, 'pack-refs', '--all');
    git(path, 'update-ref', MAIN, older);
    const found = await refs.read([MAIN, 'refs/heads/other', 'refs/heads/none', 'refs/heads/oth']);
    expect([...found]).toEqual([
      [MAIN, older],
      ['refs/heads/other', older],
    ]);
  });

  it('asks git where a ref is a symbolic one, or the name of a folder', async () => {
    git(path, 'symbolic-ref', 'refs/heads/alias', MAIN);
    git(path, 'update-ref', 'refs/heads/team/a', older);
    expect((await refs.read(['refs/heads/alias', MAIN])).get('refs/heads/alias')).toBe(newer);
    expect((await refs.read(['refs/heads/team'])).get('refs/heads/team')).toBeUndefined();
  });

  it('takes a broken ref for none, as git does, and follows no name out of the folder', async () => {
    writeFileSync(join(path, '.git', 'oid'), `${newer}\n`);
    expect((await refs.read(['refs/heads/../../oid'])).size).toBe(0);
    writeFileSync(join(path, '.git', MAIN), 'half a ');
    expect((await refs.read([MAIN])).size).toBe(0);
  });
});

describe('moving', () => {
  const move = (from: string | null, to: string) => `update ${MAIN} ${to} ${from ?? '0'.repeat(40)}\n`;
  const tracking = () => `update refs/kgit/remote/main ${older}\n`;
  const session = () =>
    new RefSession(
      new Git(path, process.env),
      new RefLocks(join(path, '.git'), join(path, '.git', 'kgit'), thisHost),
    );

  it('moves all refs of a move, or none, and one move after the other', async () => {
    const lost = session();
    expect(await lost.apply([move(older, newer), tracking()])).toContain('but expected');
    await lost.end();
    expect((await refs.read(['refs/kgit/remote/main'])).size).toBe(0);
    const refused = session();
    expect(await refused.apply([move(null, newer)])).toContain('already exists');
    await refused.end();
    const good = session();
    expect(await good.apply([tracking()])).toBeNull();
    expect(await good.apply([move(newer, older)])).toBeNull();
    await good.end();
    expect([...(await refs.read([MAIN, 'refs/kgit/remote/main'])).values()]).toEqual([older, older]);
    expect(git(path, 'reflog', '-1', MAIN)).toContain('kgit: publish');
  });

  it('holds what is prepared until it is committed, and gives it up at the end', async () => {
    const held = session();
    expect(await held.prepare([move(newer, older)])).toBeNull();
    expect(() => git(path, 'update-ref', MAIN, older)).toThrow(/main\.lock/);
    await held.end();
    expect((await refs.read([MAIN])).get(MAIN)).toBe(newer);
    git(path, 'update-ref', MAIN, older);
  });

  it('says what is wrong where git cannot move', async () => {
    const broken = session();
    await expect(broken.apply(['nonsense\n'])).rejects.toThrow(/update-ref failed/);
    await broken.end();
  });
});

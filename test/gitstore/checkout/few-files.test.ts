import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EnvironmentError } from '../../../src/errors.js';
import { FewFiles, type Place } from '../../../src/gitstore/checkout/few-files.js';
import { ObjectReader } from '../../../src/gitstore/objects/object-reader.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';

interface Moved {
  readonly path: string;
  readonly place: Place;
  readonly few: FewFiles;
  readonly from: string;
  readonly to: string;
}

/** A work tree at `from`; `to` changes `folder/old` and adds `folder/new/one`. */
function moved(): Moved {
  const path = temporaryFolder();
  git(path, 'init', '--quiet', '-b', 'main');
  mkdirSync(join(path, 'folder'));
  writeFileSync(join(path, 'folder/old'), 'a\n');
  writeFileSync(join(path, 'other'), 'o\n');
  git(path, 'add', '.');
  git(path, 'commit', '--quiet', '-m', 'from');
  const from = git(path, 'rev-parse', 'HEAD');
  mkdirSync(join(path, 'folder/new'));
  writeFileSync(join(path, 'folder/old'), 'b\n');
  writeFileSync(join(path, 'folder/new/one'), '1\n');
  git(path, 'add', '.');
  git(path, 'commit', '--quiet', '-m', 'to');
  const to = git(path, 'rev-parse', 'HEAD');
  git(path, 'reset', '--quiet', '--hard', from);
  const few = new FewFiles(new Git(path, process.env), new ObjectReader(new Git(path, process.env)));
  const gitDir = join(path, '.git');
  const index = { path: join(gitDir, 'index'), env: { GIT_INDEX_FILE: join(gitDir, 'index') } };
  return { path, place: { gitDir, path, index }, few, from, to };
}

const OBSTACLES: readonly [string, (path: string) => void][] = [
  ['a file that is edited', (path) => writeFileSync(join(path, 'folder/old'), 'mine\n')],
  [
    'a file that is edited, which git is told to take for unchanged',
    (path) => {
      git(path, 'update-index', '--assume-unchanged', 'folder/old');
      writeFileSync(join(path, 'folder/old'), 'mine\n');
    },
  ],
  [
    'an edit that is staged, and taken back in the file',
    (path) => {
      writeFileSync(join(path, 'folder/old'), 'mine\n');
      git(path, 'add', '.');
      writeFileSync(join(path, 'folder/old'), 'a\n');
    },
  ],
  [
    'a new file that is staged, and gone from the folder',
    (path) => {
      mkdirSync(join(path, 'folder/new'));
      writeFileSync(join(path, 'folder/new/one'), 'mine\n');
      git(path, 'add', '.');
      rmSync(join(path, 'folder/new'), { recursive: true });
    },
  ],
  [
    'a staged file where a folder is to be',
    (path) => {
      writeFileSync(join(path, 'folder/new'), 'mine\n');
      git(path, 'add', '.');
      rmSync(join(path, 'folder/new'));
    },
  ],
  [
    'a file that git does not know',
    (path) => {
      mkdirSync(join(path, 'folder/new'));
      writeFileSync(join(path, 'folder/new/one'), 'mine\n');
    },
  ],
  ['a file that became a program', (path) => chmodSync(join(path, 'folder/old'), 0o755)],
  ['a link in the place of a folder', (path) => symlinkSync('/', join(path, 'folder/new'))],
  ['a folder in the place of a file', (path) => mkdirSync(join(path, 'folder/new/one'), { recursive: true })],
  ['a file that is gone', (path) => rmSync(join(path, 'folder/old'))],
  ['no index', (path) => rmSync(join(path, '.git/index'))],
  ['files left out on purpose', (path) => git(path, 'sparse-checkout', 'set', 'elsewhere')],
];

describe('FewFiles', () => {
  it('brings new and changed files and their index, and leaves all else as it is', async () => {
    const { path, place, few, from, to } = moved();
    writeFileSync(join(path, 'other'), 'edited\n');
    writeFileSync(join(path, 'mine'), 'm\n');
    git(path, 'add', 'mine');
    expect(await few.isClear(place, from, to)).toBe(true);
    git(path, 'update-ref', 'refs/heads/main', to);
    expect(await few.bring(place, from, to)).toBe(true);
    expect(git(path, 'status', '--porcelain')).toBe('A  mine\n M other');
    expect(readFileSync(join(path, 'folder/new/one'), 'utf8')).toBe('1\n');
  });

  it.each(OBSTACLES)('is not sure with %s', async (_what, obstruct) => {
    const { path, place, few, from, to } = moved();
    obstruct(path);
    expect(await few.isClear(place, from, to)).toBe(false);
    expect(await few.bring(place, from, to)).toBe(false);
  });

  it('is not sure about a file that vanishes while it is looked at, or that the system refuses', async () => {
    const { path, place, few, from, to } = moved();
    const { openSync } = fs;
    const opened = vi.spyOn(fs, 'openSync').mockImplementation((file, ...how) => {
      if (file === join(path, 'folder/old')) rmSync(file);
      return openSync(file, ...how);
    });
    expect(await few.isClear(place, from, to)).toBe(false);
    opened.mockRestore();
    expect(existsSync(join(path, 'folder/old'))).toBe(false);
    git(path, 'reset', '--quiet', '--hard', from);
    // No file system has so long a name.
    const blob = git(path, 'rev-parse', `${to}:folder/old`);
    git(path, 'update-index', '--add', '--cacheinfo', `100644,${blob},${'x'.repeat(300)}`);
    const long = git(path, 'commit-tree', '-p', from, '-m', 'long', git(path, 'write-tree'));
    git(path, 'reset', '--quiet', from);
    expect(await few.isClear(place, from, long)).toBe(false);
    expect(await few.isClear(place, from, to)).toBe(true);
  });

  it('leaves a malformed tree to git', async () => {
    const { path, place, from, to } = moved();
    const objects = new ObjectReader(new Git(path, process.env));
    const read = async (name: string) => {
      const object = await objects.read(name);
      return object?.type === 'tree' ? { ...object, data: object.data.subarray(0, -1) } : object;
    };
    const few = new FewFiles(new Git(path, process.env), { read });
    expect(await few.isClear(place, from, to)).toBe(false);
    await objects.close();
  });

  it('has nothing to ask where no file differs, and nothing to bring', async () => {
    const { path, place, from } = moved();
    const git = new Git(path, process.env);
    const asked = vi.spyOn(git, 'run');
    const few = new FewFiles(git, new ObjectReader(new Git(path, process.env)));
    expect([await few.isClear(place, from, from), await few.bring(place, from, from)]).toEqual([true, true]);
    expect(asked).not.toHaveBeenCalled();
  });

  it('brings files of any name', async () => {
    const { path, place, few, from } = moved();
    for (const name of ['"quoted"', 'two\nlines', '-n', ':(top)']) writeFileSync(join(path, name), 'x\n');
    git(path, 'add', '--all');
    git(path, 'commit', '--quiet', '-m', 'names');
    const named = git(path, 'rev-parse', 'HEAD');
    git(path, 'reset', '--quiet', '--hard', from);
    expect(await few.bring(place, from, named)).toBe(true);
    git(path, 'update-ref', 'refs/heads/main', named);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('takes any mode of a file where git is told that modes say nothing', async () => {
    const { path, place, few, from, to } = moved();
    git(path, 'config', 'core.fileMode', 'false');
    chmodSync(join(path, 'folder/old'), 0o755);
    expect(await few.bring(place, from, to)).toBe(true);
    git(path, 'update-ref', 'refs/heads/main', to);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('sees what a file became since it was looked at', async () => {
    const { path, place, few, from, to } = moved();
    expect(await few.isClear(place, from, to)).toBe(true);
    writeFileSync(join(path, 'folder/old'), 'mine\n');
    expect(await few.bring(place, from, to)).toBe(false);
    expect(readFileSync(join(path, 'folder/old'), 'utf8')).toBe('mine\n');
  });

  it.each(OBSTACLES.filter(([what]) => what.includes('staged')))(
    'sees %s, since the index was looked at',
    async (_what, stand) => {
      const { path, place, few, from, to } = moved();
      expect(await few.isClear(place, from, to)).toBe(true);
      stand(path);
      expect(await few.isClear(place, from, to)).toBe(false);
    },
  );

  it('does not ask git again for an index that is as it was', async () => {
    const { path, place, from, to } = moved();
    const git = new Git(path, process.env);
    const asked = vi.spyOn(git, 'run');
    const few = new FewFiles(git, new ObjectReader(new Git(path, process.env)));
    for (let i = 0; i < 3; i++) expect(await few.isClear(place, from, to)).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('goes on where a move was broken off between the files and the index', async () => {
    const { path, place, from, to } = moved();
    git(path, 'update-ref', 'refs/heads/main', to);
    mkdirSync(join(path, 'folder/new'));
    writeFileSync(join(path, 'folder/new/one'), '1\n');
    const next = new FewFiles(new Git(path, process.env), new ObjectReader(new Git(path, process.env)));
    expect(await next.bring(place, from, to)).toBe(true);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('asks again after objects could not be read', async () => {
    const { path, place, from, to } = moved();
    const objects = new ObjectReader(new Git(path, process.env));
    let failures = 1;
    const read = async (name: string) => {
      if (failures-- > 0) throw new EnvironmentError('the server is away');
      return objects.read(name);
    };
    const few = new FewFiles(new Git(path, process.env), { read });
    await expect(few.isClear(place, from, to)).rejects.toThrow('the server is away');
    expect(await few.isClear(place, from, to)).toBe(true);
    await objects.close();
  });

  it('leaves the taking away of files, and links, to git', async () => {
    const { place, few, from, to, path } = moved();
    expect(await few.isClear(place, to, from)).toBe(false);
    symlinkSync('other', join(path, 'link'));
    git(path, 'add', 'link');
    git(path, 'commit', '--quiet', '-m', 'link');
    const linked = git(path, 'rev-parse', 'HEAD');
    git(path, 'reset', '--quiet', '--hard', from);
    expect(await few.isClear(place, from, linked)).toBe(false);
  });
});

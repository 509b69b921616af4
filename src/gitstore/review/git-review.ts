import { InvalidStateError } from '../../errors.js';
import type {
  ChangedFile,
  HistoryChange,
  HistoryCommit,
  Review,
  Signature,
  Signers,
  Staged,
  TreeFile,
} from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { CatFile, type GitObject, ObjectBatch } from '../objects/cat-file.js';
import { changedFile } from '../objects/raw-changes.js';
import { type Git, gitFailed } from '../process/git.js';
import { gitRecords } from '../process/git-records.js';
import { isPartialClone, type Repository } from '../repository/repository.js';
import { GIT_TOOLS } from './git-tools.js';
import { historyChanges } from './history-changes.js';
import { signatures } from './signatures.js';
import type { StagingPlace } from './staged-files.js';
import { treeFile } from './tree-file.js';

/** An entry in the output of `git ls-tree -l`. */
const ENTRY = /^(\d{6}) \w+ ([0-9a-f]{40,64}) +(-|\d+)$/;

function entryOf(record: string): TreeFile {
  const cut = record.indexOf('\t');
  const [, mode = '', oid = '', bytes = '-'] = ENTRY.exec(record.slice(0, cut)) ?? [];
  return treeFile(record.slice(cut + 1), mode, oid, bytes === '-' ? null : Number(bytes));
}

/** Reviews of a git repository: git itself compares its commits and trees. */
export class GitReview implements Review {
  readonly isPartial: boolean;
  readonly tools = GIT_TOOLS;
  readonly staged?: () => Promise<Staged>;
  readonly #git: Git;

  /**
   * @param git aimed at the repository's common folder
   * @param place the checkout that the user is in; null if there is none
   */
  constructor(git: Git, layout: Repository, place: StagingPlace | null = null) {
    this.#git = git;
    this.isPartial = isPartialClone(layout);
    if (place === null) return;
    // Loaded late: only hooks ask for it.
    this.staged = async () => {
      const { stagedFiles } = await import('./staged-files.js');
      return stagedFiles(place, (contents) => this.sizes(contents));
    };
  }

  async mergeBase(one: Revision, other: Revision): Promise<Revision | null> {
    const { code, stdout, stderr } = await this.#git.run(['merge-base', '--end-of-options', one, other]);
    if (code > 1) throw gitFailed(['merge-base'], code, stderr);
    return code === 0 ? stdout.toString('utf8').trim() : null;
  }

  async isOnLine(older: Revision, newer: Revision): Promise<boolean> {
    if (older === newer) return true;
    const range = ['--first-parent', '--parents', '--end-of-options', newer, `^${older}`, '--'];
    const { code, stdout } = await this.#git.run(['rev-list', ...range]);
    const oldest = stdout.toString('utf8').trimEnd().split('\n').at(-1);
    // If the line bypasses `older`, or the history lacks it, the oldest commit has another parent.
    return code === 0 && oldest?.split(' ')[1] === older;
  }

  async *files(revision: Revision): AsyncGenerator<readonly TreeFile[]> {
    const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', revision];
    for await (const records of gitRecords(this.#git, args, '\0')) yield records.map(entryOf);
  }

  async changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]> {
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-ext-diff', '--end-of-options'];
    const { code, stdout, stderr } = await this.#git.run([...args, from, to]);
    if (code !== 0) throw gitFailed(args, code, stderr);
    const fields = stdout.toString('utf8').split('\0');
    const changed: ChangedFile[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2)
      changed.push(changedFile(fields[at] as string, fields[at + 1] as string));
    return changed;
  }

  history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncIterable<HistoryChange> {
    return historyChanges(this.#git, from, to, onCommit);
  }

  async contentAt(revision: Revision, path: string): Promise<string | null> {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}:${path}`];
    const { code, stdout } = await this.#git.run(args);
    return code === 0 ? stdout.toString('utf8').trim() : null;
  }

  async sizes(oids: readonly string[]): Promise<readonly number[]> {
    if (oids.length === 0) return [];
    const input = `${oids.join('\n')}\n`;
    const sizes = await this.#git.text(['cat-file', '--batch-check=%(objectsize)', '--buffer'], { input });
    return sizes.split('\n').map(Number);
  }

  async contents(oids: readonly string[]): Promise<readonly Buffer[]> {
    if (oids.length === 0) return [];
    const file = new CatFile(this.#git, true);
    const asked = oids.map((oid) => ({ name: oid, path: oid }));
    const reads = asked.map(
      (one) =>
        new Promise<GitObject | null>((take, fail) => file.ask([new ObjectBatch([one], { take, fail })])),
    );
    const [objects] = await Promise.all([Promise.all(reads), file.end()]);
    return objects.map((object, i) => {
      if (object) return object.data;
      throw new InvalidStateError(`the object ${oids[i]} is missing`, {
        suggestions: ["See what is with 'git fsck'; a fresh clone has what the remote has"],
      });
    });
  }

  async changesOf(path: string, to: Revision): Promise<readonly Revision[]> {
    const args = ['rev-list', '--first-parent', '--end-of-options', to, '--', path];
    return (await this.#git.text(args)).split('\n').filter(Boolean);
  }

  signatures(from: Revision | null, to: Revision, signers: Signers): Promise<readonly Signature[]> {
    return signatures(this.#git, from, to, signers);
  }
}

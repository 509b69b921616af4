import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { EnvironmentError, NotFoundError } from '../errors.js';
import { readOutbox, writeBackup } from '../gitstore/backup/backup.js';
import { withoutCredentials } from '../gitstore/process/git.js';
import { counted } from '../model/value/counted.js';
import { facetOf } from '../setup/facet-of.js';
import { actorOf } from '../setup/identity.js';
import type { CommandResult } from '../terminal/output.js';

export default class Backup extends KgitCommand<typeof Backup> {
  static override summary = 'Write all of the repository to one file.';
  static override description = helpText(
    KgitCommand,
    `Writes the history of the state branch, the locks and what waits in the outbox of this clone to FILE: a git bundle, which any git can read, and kgit restore brings back. It appears whole or not at all, and replaces one that is there. Values that were withheld from the repository are not in it.`,
    'NO_REPO',
    'NOT_FOUND',
    'ENVIRONMENT',
  );
  static override examples = [
    '<%= config.bin %> backup state.bundle',
    '<%= config.bin %> backup /mnt/usb/state.bundle --json',
  ];
  static override args = { file: Args.string({ required: true, description: 'The file to write.' }) };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = resolve(this.args.file ?? '');
    const { opened, settings } = await this.open('try');
    const { git, layout, branch, remote } = facetOf(opened, 'git', 'kgit backup');
    const { localFolder, repository } = opened;
    const outbox = await readOutbox(localFolder);
    const { revision } = await repository.store.head();
    if (revision === null) throw new NotFoundError(`the branch ${branch} is empty`);
    if (layout.isShallow) {
      throw new EnvironmentError('this clone is shallow, so it has no history to back up', {
        suggestions: ['Get all of it: git fetch --unshallow'],
      });
    }
    const address =
      remote === null ? null : withoutCredentials(layout.config.get(`remote.${remote}.url`) ?? '');
    const createdAt = new Date(this.now()).toISOString();
    const ref = `refs/heads/${branch}`;
    const wait = this.notes.begin('writing the backup', false);
    const { operations, locks, notes } = await writeBackup(git, path, {
      manifest: { version: 1, branch, revision, ref, remote: address, createdAt },
      repository: layout,
      outbox,
      remote,
      author: actorOf(settings, this.environment, opened.identity),
      now: this.now(),
      timeoutMs: settings.timeout,
      wait,
    }).finally(wait.end);
    for (const note of notes) this.note(note);
    return {
      json: { path, branch, revision, operations, locks },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} ${path} ${style('dim', `${branch}@${revision.slice(0, 10)}, ${operations} waiting, ${counted(locks, 'lock')}`)}`,
      ],
    };
  }
}

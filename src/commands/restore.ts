import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import { commandText } from '../cli/input/command-text.js';
import { restoreBackup } from '../gitstore/backup/restore.js';
import { requireGit } from '../gitstore/repository/git-version.js';
import { parseRepositorySpec } from '../model/subject/repository-spec.js';
import { counted } from '../model/value/counted.js';
import { LOCAL_FOLDER, liesAt, openGit } from '../setup/git-driver.js';
import type { CommandResult } from '../terminal/output.js';

export default class Restore extends KgitCommand<typeof Restore> {
  static override summary = 'Restore a repository from a backup.';
  static override description = helpText(
    KgitCommand,
    `Makes DIR a clone again of what kgit backup wrote: history, locks, and what waited. All of the file is checked first; where it is cut off, changed or no backup, nothing happens (14). DIR is new or empty, or a damaged clone: that is moved aside as it is, and what waited in it is taken along. A clone that works is moved aside likewise, but only after a question, or with --yes. Publish what waits with kgit sync. With --remote the repository goes to a new place: what waits is meant for it then, and git push brings the history there.`,
    'INVALID_STATE',
    'ENVIRONMENT',
  );
  static override examples = [
    '<%= config.bin %> restore state.bundle state',
    '<%= config.bin %> restore state.bundle state --remote git@github.com:team/state-2.git',
  ];
  static override args = {
    file: Args.string({ required: true, description: 'What kgit backup wrote.' }),
    dir: Args.string({ description: 'The folder; the current one if left out.' }),
  };
  static override flags = {
    remote: Flags.string({ helpValue: 'URL', summary: 'The new address of the remote.' }),
    yes: yesFlag('Replace a clone that works without asking.'),
  };

  protected async execute(): Promise<CommandResult> {
    const folder = resolve(this.args.dir ?? '.');
    const git = openGit(this.config.root, this.environment);
    await requireGit(git, this.environment);
    const given = this.flags.remote;
    const spec = given === undefined ? undefined : parseRepositorySpec(given, liesAt(process.cwd()));
    const address = spec && (spec.isUrl ? spec.place : resolve(spec.place));
    const file = resolve(this.args.file ?? '');
    const withYes = commandText(['kgit', 'restore', ...this.argv, '--yes']);
    const mayReplace = (place: string) => {
      const text = `${place} is a clone that works. Move it aside, and put the backup in its place?`;
      return mustAgree({ text, declined: 'nothing was restored', withYes }, this.flags.yes);
    };
    const options = { remote: address, localFolder: LOCAL_FOLDER, mayReplace };
    const { manifest, remote, operations, locks, movedTo } = await restoreBackup(git, file, folder, options);
    const { branch, revision } = manifest;
    if (address !== undefined) this.note(`publish it: git push origin ${branch} 'refs/kgit/locks/*'`);
    if (operations > 0) this.note('what waits is published by kgit sync');
    return {
      json: { path: folder, branch, revision, remote, operations, locks, movedTo },
      names: [folder],
      lines: ({ style }) => [
        `${style('green', '✓')} ${folder} ${style('dim', `${branch}@${revision.slice(0, 10)}, ${operations} waiting, ${counted(locks, 'lock')}`)}`,
        ...(movedTo === null ? [] : [`  what stood there: ${movedTo}`]),
      ],
    };
  }
}

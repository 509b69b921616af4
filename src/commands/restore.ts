import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { remoteAddress } from '../app/open/remote-address.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import { commandText } from '../cli/input/command-text.js';
import { UsageError } from '../errors.js';
import { counted } from '../model/value/counted.js';
import { abilityIfAny, facetOf } from '../setup/facet-of.js';
import type { DriverAbilities, Restored } from '../store/port/abilities.js';
import type { CommandResult } from '../terminal/output.js';

/** Where a backup was restored to. */
interface Place extends Omit<Restored, 'notes'> {
  readonly path: string;
}

export default class Restore extends KgitCommand<typeof Restore> {
  static override summary = 'Restore a repository from a backup.';
  static override description = helpText(
    KgitCommand,
    `Turns FILE, which kgit backup wrote, back into a clone in DIR: history, locks and outbox. The whole file is checked first; if it is truncated, corrupt or not a backup, nothing changes (14). DIR is new, empty or a damaged clone. A damaged clone is moved aside unchanged, and the operations that wait in its outbox are carried over. A working clone is moved aside too, but only after you confirm, or with --yes. Publish what waits with kgit sync. With --remote, the repository and the operations that wait publish to a new address; git push brings the history there. The archive of another back end is restored into the empty store that --repo names, on any of them, with the same revisions; a restore that was stopped goes on when it is run again.`,
    'CONFLICT',
    'INVALID_STATE',
    'REMOTE',
    'ENVIRONMENT',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> restore state.bundle state',
    '<%= config.bin %> restore state.bundle state --remote git@github.com:team/state-2.git',
    '<%= config.bin %> restore prod.ndjson.gz --repo sqlite:/var/lib/kgit/state.db',
  ];
  static override args = {
    file: Args.string({ required: true, description: 'The backup, written by kgit backup.' }),
    dir: Args.string({ description: 'The folder (default: the current one).' }),
  };
  static override flags = {
    remote: Flags.string({ helpValue: 'URL', summary: 'The new address of the remote.' }),
    yes: yesFlag('Replace a working clone without asking.'),
  };

  protected async execute(): Promise<CommandResult> {
    const restore = await abilityIfAny(await this.settingsOnly(), 'restore');
    return restore === undefined ? this.#intoStore() : this.#toFolder(restore);
  }

  /** Restores an archive into the store that the settings name. */
  async #intoStore(): Promise<CommandResult> {
    const { opened, settings } = await this.openUnread();
    const restore = facetOf(opened, 'restore', 'kgit restore');
    const { dir } = this.args;
    if (dir !== undefined || this.flags.remote !== undefined)
      throw new UsageError(`with backend: ${opened.backend}, an archive is restored into the store itself`, {
        suggestions: ['Leave out DIR and --remote, and name an empty store: --repo'],
        data: { backend: opened.backend },
      });
    const wait = this.notes.begin('restoring', false);
    const request = { file: resolve(this.args.file ?? ''), timeoutMs: settings.timeout, wait };
    const { notes, ...restored } = await restore(request).finally(wait.end);
    for (const note of notes) this.note(note);
    const { path, name } = opened;
    return this.#result({ path, name, remote: null, movedTo: null, ...restored });
  }

  async #toFolder(restore: DriverAbilities['restore']): Promise<CommandResult> {
    const folder = resolve(this.args.dir ?? '.');
    const given = this.flags.remote;
    const address = given === undefined ? undefined : remoteAddress(given, process.cwd()).address;
    const settings = await this.settingsOnly();
    const withYes = commandText(['kgit', 'restore', ...this.argv, '--yes']);
    const mayReplace = (place: string) => {
      const text = `${place} is a working clone. Move it aside, and restore the backup in its place?`;
      return mustAgree({ text, declined: 'nothing was restored', withYes }, this.flags.yes);
    };
    const request = { file: resolve(this.args.file ?? ''), folder, remote: address, mayReplace };
    const restored = await restore(request, {
      cwd: process.cwd(),
      environment: this.environment,
      timeout: settings.timeout,
      waits: this.notes,
    });
    for (const note of restored.notes) this.note(note);
    return this.#result({ path: folder, ...restored });
  }

  #result({ path, name, revision, remote, operations, locks, movedTo }: Place): CommandResult {
    if (operations > 0) this.note('publish what waits with kgit sync');
    return {
      json: { path, branch: name, revision, remote, operations, locks, movedTo },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} ${path} ${style('dim', `${name}@${revision.slice(0, 10)}, ${operations} waiting, ${counted(locks, 'lock')}`)}`,
        ...(movedTo === null ? [] : [`  previous content: ${movedTo}`]),
      ],
    };
  }
}

import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { counted } from '../model/value/counted.js';
import { facetOf } from '../setup/facet-of.js';
import { actorOf } from '../setup/identity.js';
import type { CommandResult } from '../terminal/output.js';

export default class Backup extends KgitCommand<typeof Backup> {
  static override summary = 'Back up the whole repository to one file.';
  static override description = helpText(
    KgitCommand,
    `Writes the history, the locks and the outbox of this machine to FILE, which kgit restore brings back. The file of a git repository is a git bundle, which any git can read; that of another back end is an archive, compressed lines of JSON. The file appears whole or not at all, and replaces an existing one. Values that were withheld from the repository are not in it.`,
    'NO_REPO',
    'NOT_FOUND',
    'ENVIRONMENT',
  );
  static override examples = [
    '<%= config.bin %> backup state.bundle',
    '<%= config.bin %> backup /mnt/usb/state.bundle --json',
    '<%= config.bin %> backup prod.ndjson.gz --repo redis://localhost/0#prod',
  ];
  static override args = { file: Args.string({ required: true, description: 'The file to write.' }) };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = resolve(this.args.file ?? '');
    const { opened, settings } = await this.open('try');
    const backUp = facetOf(opened, 'backup', 'kgit backup');
    const wait = this.notes.begin('writing the backup', false);
    const { revision, operations, locks, notes } = await backUp({
      file: path,
      author: actorOf(settings, this.environment, opened.identity),
      now: this.now(),
      timeoutMs: settings.timeout,
      wait,
    }).finally(wait.end);
    for (const note of notes) this.note(note);
    const { name } = opened;
    return {
      json: { path, branch: name, revision, operations, locks },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} ${path} ${style('dim', `${name}@${revision.slice(0, 10)}, ${operations} waiting, ${counted(locks, 'lock')}`)}`,
      ],
    };
  }
}

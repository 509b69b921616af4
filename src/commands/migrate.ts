import { Flags } from '@oclif/core';
import { type MigrationParts, migrateStore } from '../app/migrate/migrate-store.js';
import { addressOf, openTarget, type Target } from '../app/migrate/open-target.js';
import { planMigration } from '../app/migrate/plan-migration.js';
import { undoMigration } from '../app/migrate/undo-migration.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { migratedResult, plannedResult } from '../cli/render/migration-result.js';
import { UsageError } from '../errors.js';
import type { OpenRepository } from '../setup/composition.js';
import { actorOf } from '../setup/identity.js';
import type { Settings } from '../setup/settings.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Migrate extends KgitCommand<typeof Migrate> {
  static override summary = 'Move the store to another place, of any kind, and back.';
  static override description = helpText(
    KgitCommand,
    `Copies every revision of the store to TARGET, which is given as to --repo and is empty, with events, times, authors and locks as they are. Then a last commit freezes the store: no kgit reads or writes it any more, and says where it went (14). The rest is copied, both are compared, and what waits on this machine is published at TARGET; if they differ, the store is opened again. It asks nothing. Writers may work meanwhile: what they cannot publish waits in their outboxes, and kgit migrate --to TARGET --resume takes it along from each machine. docs/moving.md has the steps.`,
    'FINDINGS',
    'NO_REPO',
    'CONFLICT',
    'INVALID_STATE',
    'REMOTE',
    'ENVIRONMENT',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> migrate --to redis://localhost/0#prod --dry-run',
    '<%= config.bin %> migrate --to redis://localhost/0#prod',
    '<%= config.bin %> migrate --to redis://localhost/0#prod --resume',
    '<%= config.bin %> migrate --to redis://localhost/0#prod --undo',
    '<%= config.bin %> migrate --repo sqlite:state.db --to git@host:team/state.git',
  ];
  static override flags = {
    to: Flags.string({
      required: true,
      helpValue: 'TARGET',
      summary: 'The new place, as --repo names it; empty.',
    }),
    'dry-run': Flags.boolean({
      exclusive: ['undo'],
      summary: 'Count what would be copied, and list what would not fit; change nothing.',
    }),
    resume: Flags.boolean({
      exclusive: ['undo'],
      summary: 'Go on where a migration was stopped; or take along what waits on this machine.',
    }),
    undo: Flags.boolean({ summary: 'Copy back what came since, freeze TARGET, and use this store again.' }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const { opened, settings } = await this.openUnread();
    const isPlan = this.flags['dry-run'];
    const target = await openTarget(this.flags.to, {
      settings,
      cwd: process.cwd(),
      environment: this.environment,
      makes: !isPlan && !this.flags.undo,
      waits: this.notes,
      warn: (message) => this.notes.noteOnce(message),
    });
    try {
      return await this.#migrate(opened, target, settings);
    } finally {
      await target.opened?.repository.close();
    }
  }

  async #migrate(
    source: OpenRepository,
    { opened: target, address }: Target,
    settings: Settings,
  ): Promise<CommandResult> {
    const route = { from: addressOf(source), to: address };
    if (target?.repository.store.target === source.repository.store.target)
      throw new UsageError(`${address} is the store itself`, { suggestions: ['Name another place: --to'] });
    for (const opened of [source, target]) opened?.repository.keepPublished(settings.publishKeep);
    const wait = this.notes.begin('migrating', false);
    try {
      if (this.flags['dry-run'])
        return plannedResult(await planMigration(source, target, settings.timeout), route);
      if (target === null) throw new UsageError(`there is no store at ${address}`);
      const parts: MigrationParts = {
        source,
        target,
        addresses: { source: route.from, target: route.to },
        author: actorOf(settings, this.environment, source.identity),
        timeoutMs: settings.timeout,
        clock: systemClock,
        note: (message) => this.note(message),
        progress: (text) => wait.progress(text),
      };
      if (this.flags.undo) return migratedResult(await undoMigration(parts), route, true);
      return migratedResult(await migrateStore(parts, this.flags.resume), route, false);
    } finally {
      wait.end();
    }
  }
}

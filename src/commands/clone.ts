import { basename, resolve } from 'node:path';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { parseRepositorySpec } from '../model/subject/repository-spec.js';
import { abilityOf } from '../setup/facet-of.js';
import { liesAt } from '../setup/git-places.js';
import type { CommandResult } from '../terminal/output.js';

export default class Clone extends KgitCommand<typeof Clone> {
  static override summary = "Clone your team's state repository.";
  static override description = helpText(
    KgitCommand,
    `Clones a state repository with its whole history, which you can then read without the network.`,
    'NO_REPO',
    'REMOTE',
    'ENVIRONMENT',
  );
  static override examples = [
    '<%= config.bin %> clone git@github.com:team/state.git',
    '<%= config.bin %> clone https://git.example.com/team/state.git ~/state',
  ];
  static override args = {
    url: Args.string({
      required: true,
      description: 'The repository; add #BRANCH for a branch other than its default.',
    }),
    dir: Args.string({ description: 'The new folder (default: the name of the repository).' }),
  };

  protected async execute(): Promise<CommandResult> {
    const cwd = process.cwd();
    const { place, branch } = parseRepositorySpec(this.args.url, liesAt(cwd));
    const path = resolve(this.args.dir ?? basename(place.replace(/[/:]+$/, '')).replace(/\.git$/, ''));
    const settings = await this.settingsOnly();
    const clone = await abilityOf(settings, 'clone', 'kgit clone');
    const host = { cwd, environment: this.environment, timeout: settings.timeout, waits: this.notes };
    const remote = await clone({ source: place, name: branch, folder: path }, host);
    this.flags = { ...this.flags, repo: path };
    const { opened, reading } = await this.open('always');
    return {
      json: { path, branch: opened.name, revision: reading.revision, remote },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} cloned to ${style('bold', path)} ${style('dim', `${opened.name}@${reading.revision?.slice(0, 10) ?? ''}`)}`,
      ],
    };
  }
}

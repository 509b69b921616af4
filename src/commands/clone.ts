import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { withoutCredentials } from '../gitstore/process/git.js';
import { cloneRepository } from '../gitstore/repository/clone.js';
import { parseRepositorySpec } from '../model/subject/repository-spec.js';
import { requireGitBackend } from '../setup/facet-of.js';
import { liesAt, openGit } from '../setup/git-driver.js';
import type { CommandResult } from '../terminal/output.js';

export default class Clone extends KgitCommand<typeof Clone> {
  static override summary = "Get your team's state repository.";
  static override description = helpText(
    KgitCommand,
    `Clones a state repository: the whole history, readable without the network from then on.`,
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
      description: 'The repository, #BRANCH behind it for another than its default.',
    }),
    dir: Args.string({ description: 'The new folder; named for the repository if left out.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const { place, branch } = parseRepositorySpec(this.args.url, liesAt(process.cwd()));
    const path = resolve(this.args.dir ?? basename(place.replace(/[/:]+$/, '')).replace(/\.git$/, ''));
    const settings = await this.settingsOnly();
    requireGitBackend('kgit clone', settings);
    // Not in the current folder: the configuration of a repository there would affect the clone.
    await cloneRepository(openGit(tmpdir(), this.environment, { waits: this.notes }), sourceOf(place), path, {
      branch,
      timeoutMs: settings.timeout,
    });
    this.flags = { ...this.flags, repo: path };
    const { opened, reading } = await this.open('always');
    return {
      json: { path, branch: opened.name, revision: reading.revision, remote: withoutCredentials(place) },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} cloned to ${style('bold', path)} ${style('dim', `${opened.name}@${reading.revision?.slice(0, 10) ?? ''}`)}`,
      ],
    };
  }
}

/** Returns the source for git to clone, wherever git runs: the path of a folder is made absolute. */
function sourceOf(place: string): string {
  const isAddress = /^[^/]*:/.test(place) && !existsSync(place);
  return isAddress ? place : resolve(place);
}

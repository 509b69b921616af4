import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { installedGit } from '../setup/git-version.js';
import type { CommandResult } from '../terminal/output.js';

/** Set by the build: the commit that it was made of; undefined if it was not made in a checkout. */
declare const COMMIT: string | undefined;

export default class Version extends KgitCommand<typeof Version> {
  static override summary = 'Show the version of kgit.';
  static override description = helpText(
    KgitCommand,
    'Shows the version of kgit and the commit that it was built from, the versions of Node.js and git, and the platform. A commit that ends in -dirty had changes that were not committed. What is not known is left out. --version prints the first line alone; --version -o json is the same as version -o json.',
  );
  static override examples = [
    '<%= config.bin %> version',
    `<%= config.bin %> version -o json | jq -r .commit`,
  ];

  protected async execute(): Promise<CommandResult> {
    const { version, platform, arch, userAgent } = this.config;
    // Without a build, as in tests that run the sources, there is not even the name.
    const commit = typeof COMMIT === 'undefined' ? undefined : COMMIT;
    const git = (await installedGit(this.environment)) ?? undefined;
    const node = process.versions.node;
    return {
      json: {
        version,
        ...(commit === undefined ? {} : { commit }),
        node,
        ...(git === undefined ? {} : { git }),
        platform,
        arch,
      },
      names: [version],
      lines: () => [
        userAgent,
        ...(commit === undefined ? [] : [`commit ${commit}`]),
        ...(git === undefined ? [] : [`git ${git}`]),
      ],
    };
  }
}

import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import type { CommandResult } from '../terminal/output.js';

export default class Version extends KgitCommand<typeof Version> {
  static override summary = 'Show the version of kgit.';
  static override description = helpText(
    KgitCommand,
    'Shows the versions of kgit and of Node.js, and the platform. --version is the same.',
  );
  static override examples = [
    '<%= config.bin %> version',
    `<%= config.bin %> version --json | jq -r .version`,
  ];

  protected async execute(): Promise<CommandResult> {
    const { version, platform, arch, userAgent } = this.config;
    const node = process.versions.node;
    return {
      json: { version, node, platform, arch },
      names: [version],
      lines: () => [userAgent],
    };
  }
}

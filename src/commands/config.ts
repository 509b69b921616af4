import { Args } from '@oclif/core';
import { settingRow, settingRows } from '../app/config/settings-report.js';
import type { Context } from '../app/open/configured.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { settingResult, settingsResult } from '../cli/render/setting-lines.js';
import { NoRepositoryError } from '../errors.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import { TOKEN_VARIABLES } from '../model/value/token-variables.js';
import type { CommandResult } from '../terminal/output.js';

export default class Config extends KgitCommand<typeof Config> {
  static override summary = 'Show each setting with its value and its origin.';
  static override description = helpText(
    KgitCommand,
    `Shows the effective value of every setting and where it comes from: a flag, a variable, a file with its line, kgit.yaml, git's configuration, or the default. With KEY it prints that value alone. It never contacts the remote, and also works outside a repository. For tokens it shows which variable holds one, never the token. To change settings, edit their files; docs/settings.md says which settings each file may have.`,
    'INVALID_STATE',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config read.maxAge',
    '<%= config.bin %> config -o wide',
    `<%= config.bin %> config --json | jq '.settings[] | select(.origin.kind != "default")'`,
  ];
  static override args = {
    key: Args.string({ description: 'One setting, such as timeout or read.maxAge.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.#openIfAny();
    const rows = await settingRows(await this.settingSources(), context, this.environment);
    const { key } = this.args;
    if (key !== undefined) return settingResult(settingRow(rows, key));
    return settingsResult(
      rows,
      TOKEN_VARIABLES.filter((name) => this.environment[name]),
    );
  }

  /** Opens the repository without the network; null if there is none. */
  async #openIfAny(): Promise<Context | null> {
    try {
      return await this.open('never');
    } catch (error) {
      if (!(error instanceof NoRepositoryError)) throw error;
      this.note(`no state repository here: settings of ${MARKER_FILE} are not included`);
      return null;
    }
  }
}

import { Args, Flags } from '@oclif/core';
import { aboutDeployment } from '../app/open/subjects.js';
import { stateChanges } from '../app/read/state-changes.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { changesResult } from '../cli/render/change-rows.js';
import { formatStatePath, parseStatePath } from '../model/state/state-path.js';
import type { CommandResult } from '../terminal/output.js';

export default class History extends ReadCommand<typeof History> {
  static override summary = "Show who set what in a deployment's state, when and why.";
  static override description = helpText(
    ReadCommand,
    `With PATH, lists every change of that value, oldest first; without PATH, lists the whole state, each value with the change that set it. The answer comes from the events, so it does not depend on how a forge merged the commits.`,
    'FINDINGS',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> history deployment.phase',
    '<%= config.bin %> history --deployment k0rdent-abc123',
    `<%= config.bin %> history kof --json | jq '.changes[-1]'`,
  ];
  static override args = {
    path: Args.string({ description: 'Dotted path; quote unusual keys, address lists by index.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); may be omitted if there is only one.',
    }),
  };

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = this.args.path === undefined ? null : parseStatePath(this.args.path);
    const context = await this.openFetched('default', aboutDeployment);
    const changes = await stateChanges(context, path, this.skipped);
    const none = path === null ? 'the state is empty' : `no event has changed ${formatStatePath(path)}`;
    return changesResult([changes], { isTable: path === null, none });
  }
}

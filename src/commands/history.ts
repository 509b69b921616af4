import { Args, Flags } from '@oclif/core';
import { aboutDeployment, resolveDeployment } from '../app/open/subjects.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { changesResult } from '../cli/render/change-rows.js';
import { NotFoundError } from '../errors.js';
import { formatStatePath, parseStatePath } from '../model/state/state-path.js';
import { statePath } from '../model/subject/layout.js';
import { annotate, historyOf, readHistory } from '../review/state-history.js';
import type { CommandResult } from '../terminal/output.js';

export default class History extends ReadCommand<typeof History> {
  static override summary = "Show who set what in a deployment's state, when and why.";
  static override description = helpText(
    ReadCommand,
    `With PATH every change of what stands there, oldest first; without PATH the whole state, each value with the change that brought it there. It is told by the events, so it is the same whatever a forge made of the commits.`,
    'FINDINGS',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> history deployment.phase',
    '<%= config.bin %> history --deployment k0rdent-abc123',
    `<%= config.bin %> history kof --json | jq '.changes[-1]'`,
  ];
  static override args = {
    path: Args.string({ description: 'Dotted path; odd keys quoted, lists by index.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); the only one if left out.',
    }),
  };

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = this.args.path === undefined ? null : parseStatePath(this.args.path);
    const { reading, settings } = await this.openFetched('default', aboutDeployment);
    const id = await resolveDeployment({ view: reading.view, settings });
    const { state, events } = await readHistory(reading.view, id, this.skipped);
    if (state === null && events.length === 0) {
      throw new NotFoundError(`deployment ${id} has no state: there is no ${statePath(id)}`, {
        suggestions: ["'kgit list deployments' shows those that there are"],
        data: { deployment: id },
      });
    }
    const rows = path === null ? annotate(state ?? {}, events) : historyOf(events, path);
    const none = path === null ? 'the state is empty' : `no event has changed ${formatStatePath(path)}`;
    return changesResult([{ subject: `deployment/${id}`, rows }], { isTable: path === null, none });
  }
}

import { Args } from '@oclif/core';
import { listedSubjects } from '../app/read/list-subjects.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { LIST_FLAGS, sortedBy } from '../cli/flags/list-options.js';
import { eventTime } from '../model/event/event.js';
import { formatAge } from '../model/value/time.js';
import { fittingTable } from '../terminal/fitting-table.js';
import type { CommandResult } from '../terminal/output.js';

export default class List extends ReadCommand<typeof List> {
  static override summary = 'List the deployments and clusters that the repository knows.';
  static override description = helpText(
    ReadCommand,
    `Lists each subject with the number of its events and the last one. For the live state of clusters use kgit status.`,
    'FINDINGS',
  );
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list clusters -o name',
    '<%= config.bin %> list deployments --json',
  ];
  static override args = {
    what: Args.string({ options: ['deployments', 'clusters'], description: 'List only this kind.' }),
  };
  static override flags = LIST_FLAGS;

  protected override get readsHistory(): boolean {
    return true;
  }

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const { reading } = await this.openFetched();
    const { what } = this.args;
    const kind = what === 'deployments' ? 'deployment' : what === 'clusters' ? 'cluster' : undefined;
    const listed = await listedSubjects(reading.view, kind, this.skipped);
    const items = sortedBy(listed, this.flags['sort-by'], (item) => item);
    const now = this.now();
    return {
      json: { items },
      names: items.map(({ subject }) => subject),
      rows: items,
      lines: (screen) => {
        if (items.length === 0) return [screen.style('dim', 'nothing recorded yet')];
        const rows = items.map(({ subject, events, lastEvent }) => [
          subject,
          String(events),
          lastEvent ? `${formatAge(now - eventTime(lastEvent))} ago` : '',
          lastEvent?.user ?? '',
          lastEvent?.action ?? '',
        ]);
        return fittingTable(['SUBJECT', 'EVENTS', 'LAST', 'BY', 'ACTION'], rows, screen);
      },
    };
  }
}

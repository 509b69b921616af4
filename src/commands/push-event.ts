import { Args, Flags } from '@oclif/core';
import { type Rejection, refusal } from '../app/write/collect-events.js';
import { MAX_BATCH_BYTES, readBatch } from '../app/write/event-batch.js';
import { writeEvent, writeEvents } from '../app/write/write-events.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { EVENT_FLAGS, eventFields, givenEventFlag } from '../cli/input/event-fields.js';
import { readFileBounded } from '../cli/input/input.js';
import { eventResult, eventsResult } from '../cli/render/write/write-result.js';
import { UsageError } from '../errors.js';
import type { CommandResult } from '../terminal/output.js';

export default class PushEvent extends WriteCommand<typeof PushEvent> {
  static override summary = 'Record that something happened to a cluster or deployment.';
  static override description = helpText(
    WriteCommand,
    `Records one event as one commit and publishes it. With --stdin or --file, it records many events in one commit, all or none unless --skip-invalid is given; each event names its own subject.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> push-event cluster_created --cluster prod-eu-1 --param location=westeurope --reason "new region"',
    '<%= config.bin %> push-event upgrade --cluster team-a/prod --outcome succeeded --duration 5m12s',
    '<%= config.bin %> push-event backup_done --deployment k0rdent-abc123 --notes @notes.md',
    '<%= config.bin %> push-event --stdin < events.ndjson',
  ];
  static override usage = 'push-event ACTION [SUBJECT] [FLAGS]';
  static override args = {
    action: Args.string({ description: 'What happened, one word such as cluster_created.' }),
    subject: Args.string({
      description: 'What it happened to: cluster/[[MGMT/]NS/]NAME, a cluster name, or deployment/ID.',
    }),
  };
  static override flags = {
    ...PROPOSE_FLAGS,
    cluster: Flags.string({
      helpValue: '[[MGMT/]NS/]NAME',
      exclusive: ['deployment', 'stdin', 'file'],
      summary: 'The cluster it happened to.',
    }),
    deployment: Flags.string({
      helpValue: 'ID',
      exclusive: ['stdin', 'file'],
      summary: 'The deployment it happened to (KGIT_DEPLOYMENT).',
    }),
    create: Flags.boolean({ summary: 'Create the deployment if the repository does not know it.' }),
    ...EVENT_FLAGS,
    stdin: Flags.boolean({
      exclusive: ['file'],
      summary: 'Read many events from standard input: NDJSON or YAML documents.',
    }),
    file: Flags.string({ helpValue: 'FILE', summary: 'Read many events from a file.' }),
    'skip-invalid': Flags.boolean({
      summary: 'Skip invalid events and write the rest.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const source = this.flags.stdin ? '-' : this.flags.file;
    return source === undefined ? this.#one() : this.#many(source);
  }

  async #one(): Promise<CommandResult> {
    const { action, subject: word } = this.args;
    if (action === undefined) {
      throw new UsageError('ACTION is missing', {
        suggestions: ['For example: kgit push-event cluster_created --cluster prod-eu-1'],
      });
    }
    const { cluster, deployment, create } = this.flags;
    const own = await eventFields(this.flags, this.now(), (message) => this.note(message));
    const fields = { ...this.eventFields, ...own, action };
    const context = await this.open('never');
    const named = { word, cluster, deployment, create };
    return eventResult(await this.write(context, (writing) => writeEvent(writing, named, fields)));
  }

  async #many(source: string): Promise<CommandResult> {
    const extra = givenEventFlag(this.flags);
    if (this.args.action !== undefined || extra) {
      throw new UsageError(
        `${extra ? `--${extra}` : 'ACTION'} applies to a single event; in a batch, each event has its own`,
        { suggestions: ['Leave it out, or push one event without --stdin and --file'] },
      );
    }
    const items = readBatch(await readFileBounded(source, process.stdin, MAX_BATCH_BYTES));
    if (items.length === 0)
      throw new UsageError(`${source === '-' ? 'standard input' : source} contains no events`);
    const { create, 'skip-invalid': skipInvalid } = this.flags;
    const batch = {
      items,
      defaults: this.eventFields,
      create,
      skipInvalid,
      refusal: (rejected: readonly Rejection[]) =>
        refusal(rejected, items.length, ['Or add --skip-invalid to write the others']),
    };
    const context = await this.open('never');
    return eventsResult(await this.write(context, (writing) => writeEvents(writing, batch)));
  }
}

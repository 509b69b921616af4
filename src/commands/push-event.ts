import { Args, Flags } from '@oclif/core';
import { collectBatch, refusal } from '../app/write/collect-events.js';
import { MAX_BATCH_BYTES, readBatch } from '../app/write/event-batch.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { parseParameters } from '../cli/input/assignments.js';
import { readFileBounded } from '../cli/input/input.js';
import { proposalLines } from '../cli/render/proposal-lines.js';
import { UsageError } from '../errors.js';
import { formatTimestamp, OUTCOMES } from '../model/event/event.js';
import { MAX_TEXT } from '../model/event/event-schema.js';
import type { EventWrite } from '../model/operation/operation.js';
import { eventPath } from '../model/subject/layout.js';
import { formatSubject } from '../model/subject/subject.js';
import { parseDuration, parseTime } from '../model/value/time.js';
import type { CommandResult } from '../terminal/output.js';
import { oneLine } from '../terminal/terminal-text.js';

/** The fields that kgit itself fills in; all others are what the writer gave. */
const FILLED = new Set(['id', 'user', 'host', 'run_id', 'context']);

export default class PushEvent extends WriteCommand {
  static override summary = 'Record that something happened to a cluster or deployment.';
  static override description = helpText(
    WriteCommand,
    `Appends one event as one commit and publishes it. With --stdin or --file: many events, each with its subject, as one operation and one commit; all or nothing unless --skip-invalid.`,
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
    create: Flags.boolean({ summary: 'Begin the deployment if the repository does not know it.' }),
    param: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'K=V',
      summary: 'A parameter used: text, or YAML with K:=V.',
    }),
    command: Flags.string({ helpValue: 'TEXT', summary: 'The command that was run.' }),
    phase: Flags.string({ helpValue: 'NAME', summary: 'The deployment phase it belongs to.' }),
    outcome: Flags.string({ options: [...OUTCOMES], summary: 'How it went.' }),
    duration: Flags.string({ helpValue: 'DURATION', summary: 'How long it took: 312.5 (seconds), 5m12s.' }),
    notes: Flags.string({ helpValue: 'TEXT|-|@FILE', summary: 'Notes; - reads standard input.' }),
    timestamp: Flags.string({ helpValue: 'TIME', summary: 'When it happened; now if left out.' }),
    id: Flags.string({
      helpValue: 'ULID',
      summary: 'An id of your own: a repeat with the same content is success.',
    }),
    stdin: Flags.boolean({
      exclusive: ['file'],
      summary: 'Read many events from standard input: NDJSON or YAML documents.',
    }),
    file: Flags.string({ helpValue: 'FILE', summary: 'Read many events from a file.' }),
    'skip-invalid': Flags.boolean({
      summary: 'Of many events, leave the invalid ones out and write the rest.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const source = this.flags['stdin'] ? '-' : (this.flags['file'] as string | undefined);
    if (source === undefined) return this.#one();
    const extra = ['param', 'command', 'phase', 'outcome', 'duration', 'notes', 'timestamp', 'id'].find(
      (name) => this.flags[name] !== undefined,
    );
    if (this.args['action'] !== undefined || extra) {
      throw new UsageError(
        `${extra ? `--${extra}` : 'ACTION'} is for one event; of many, each says it itself`,
        {
          suggestions: ['Leave it out, or push one event without --stdin and --file'],
        },
      );
    }
    return this.#many(source);
  }

  async #one(): Promise<CommandResult> {
    const fields = await this.#fields();
    const context = await this.open('never');
    const subject = await this.eventSubject(context, this.args['subject']);
    const event = this.event(context, fields);
    const given = Object.keys(event).filter((key) => !FILLED.has(key) || key in fields);
    const operation = this.operation(context, [{ subject, event, given }]);
    const outcome = await this.submit(context, operation);
    const path = eventPath(subject, event);
    const row = {
      id: event.id,
      subject: formatSubject(subject),
      action: event.action,
      timestamp: event.timestamp,
      path,
    };
    const isRepeat = outcome.duplicates.length > 0;
    const word = isRepeat ? 'already there' : outcome.delivery;
    return {
      json: { ...row, ...this.writeJson(outcome) },
      names: [event.id],
      lines: (screen) => [
        `${screen.style('green', '✓')} ${event.action} ${screen.style('bold', formatSubject(subject))} ${screen.style('dim', `${event.id}  ${word}${revisionText(outcome.revision)}`)}`,
        ...proposalLines(outcome, screen),
      ],
    };
  }

  async #fields(): Promise<Record<string, unknown>> {
    const { action } = this.args;
    if (action === undefined) {
      throw new UsageError('ACTION is missing', {
        suggestions: ['For example: kgit push-event cluster_created --cluster prod-eu-1'],
      });
    }
    const text = (name: string) => this.flags[name] as string | undefined;
    const duration = text('duration');
    const timestamp = text('timestamp');
    const fields: Record<string, unknown> = {
      action,
      id: text('id'),
      timestamp: timestamp === undefined ? undefined : formatTimestamp(parseTime(timestamp, this.now())),
      phase: text('phase'),
      outcome: text('outcome'),
      duration_seconds: duration === undefined ? undefined : parseDuration(duration) / 1000,
      parameters: parseParameters((this.flags['param'] as string[] | undefined) ?? [], (message) =>
        this.note(message),
      ),
      command: text('command'),
      notes: await this.#notes(text('notes')),
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  }

  async #notes(text: string | undefined): Promise<string | undefined> {
    if (text === '-') return readFileBounded('-', process.stdin, MAX_TEXT);
    return text?.startsWith('@') ? readFileBounded(text.slice(1), process.stdin, MAX_TEXT) : text;
  }

  async #many(source: string): Promise<CommandResult> {
    const items = readBatch(await readFileBounded(source, process.stdin, MAX_BATCH_BYTES));
    if (items.length === 0)
      throw new UsageError(`${source === '-' ? 'standard input' : source} holds no event`);
    const context = await this.open('never');
    const make = (fields: Record<string, unknown>): EventWrite['event'] => this.event(context, fields);
    const collected = await collectBatch(items, {
      naming: { ...context, view: context.reading.view },
      make,
      create: this.flags['create'] === true,
      allowSecret: this.flags['allow-secret'] !== undefined,
    });
    const mustStop = !this.flags['skip-invalid'] || collected.events.length === 0;
    if (collected.rejected.length > 0 && mustStop)
      throw refusal(collected.rejected, items.length, ['Or add --skip-invalid to write the others']);
    const outcome = await this.submit(context, this.operation(context, collected.events));
    const duplicates = collected.duplicates + outcome.duplicates.length;
    const accepted = collected.events.length - outcome.duplicates.length;
    const rejected = collected.rejected.map(({ error, index }) => ({
      index,
      code: error.code,
      message: error.message,
    }));
    return {
      json: { accepted, duplicates, rejected, ...this.writeJson(outcome) },
      names: collected.events.map(({ event }) => event.id),
      lines: ({ style }) => [
        `${style('green', '✓')} ${accepted} events ${outcome.delivery}${revisionText(outcome.revision)}${duplicates ? `, ${duplicates} were there already` : ''}`,
        ...collected.rejected.map(
          ({ index, error }) => `${style('yellow', '!')} event ${index} left out: ${oneLine(error.message)}`,
        ),
      ],
    };
  }
}

function revisionText(revision: string | null): string {
  return revision === null ? '' : ` ${revision.slice(0, 10)}`;
}

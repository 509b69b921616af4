import { Args } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { namingOf, recordedSubject } from '../app/open/subjects.js';
import { eventFilter } from '../app/read/event-filter.js';
import { type EventQuery, followEvents, pageEvents } from '../app/read/page-events.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { LOG_FLAGS } from '../cli/flags/log-flags.js';
import { eventDetails, eventLine, eventLines } from '../cli/render/event-lines.js';
import { eventsJson } from '../cli/render/json/events-json.js';
import { UsageError } from '../errors.js';
import type { SubjectEvent } from '../model/event/event.js';
import { eventRow } from '../model/event/event-row.js';
import { systemClock } from '../setup/this-host.js';
import { type About, aboutNamed } from '../store/read/entries-about.js';
import type { CommandResult } from '../terminal/output.js';
import { onReaderGone } from '../terminal/standard-streams.js';

export default class Log extends ReadCommand<typeof Log> {
  static override summary = 'Show the events of one subject or of all.';
  static override description = helpText(
    ReadCommand,
    `Lists events, newest last. The events of one SUBJECT are in the order of their times; without SUBJECT, those of all subjects are in the order of publishing. Values of the same filter are combined with or, different filters with and. --since and --until may leave out an event whose time is more than a day from that of its id; 'kgit validate' reports such events.`,
    'FINDINGS',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> log --limit 20',
    '<%= config.bin %> log cluster/prod-eu-1 --since 3d -o wide',
    '<%= config.bin %> log --on yesterday --outcome failed',
    '<%= config.bin %> log deployment/k0rdent-abc123 --grep wireguard --json',
    '<%= config.bin %> log -f',
  ];
  static override args = {
    subject: Args.string({ description: 'deployment/ID, cluster/[[MGMT/]NS/]NAME, or a cluster name.' }),
  };
  static override flags = LOG_FLAGS;

  protected override get readsHistory(): boolean {
    return true;
  }

  protected override get isPaged(): boolean {
    return this.flags.follow !== true;
  }

  protected async execute(): Promise<CommandResult> {
    const filter = eventFilter(this.flags, this.now());
    const { follow, reverse, limit, before, after } = this.flags;
    if (follow && (reverse || before))
      throw new UsageError('--follow shows new events: leave --reverse and --before out');
    const name = this.args.subject;
    const about = name === undefined ? undefined : () => aboutNamed(name);
    const context = await this.openFetched('default', about);
    const subject = name === undefined ? null : await recordedSubject(name, namingOf(context));
    const { cutOff } = context.opened.repository.store.history;
    if (subject === null && cutOff)
      this.note(
        `${cutOff.why}: events from before its first commit appear in that commit; ${cutOff.remedy} fetches the rest`,
      );
    const query = { subject, filter, limit, before, after };
    if (follow) return this.#follow(context, query, about);
    const page = await pageEvents(context, query, this.skipped);
    return this.#result(reverse ? [...page.events].reverse() : page.events, page.next);
  }

  #result(events: readonly SubjectEvent[], next: string | null): CommandResult {
    const withSubject = this.args.subject === undefined;
    const rows = events.map(eventRow);
    return {
      json: eventsJson(rows, next),
      rows,
      names: rows.map(({ id }) => id),
      lines: (screen, wide) => {
        if (events.length === 0) return [screen.style('dim', 'no events')];
        if (next !== null) this.note(`older ones: --before ${next}`);
        if (this.flags.oneline === true) return events.map((item) => eventLine(item, screen, withSubject));
        const linesOf = wide ? eventDetails : eventLines;
        return events.flatMap((item) => linesOf(item, screen, withSubject));
      },
    };
  }

  /** Prints a page, then new events, until the user ends the command. */
  async #follow(context: Context, query: EventQuery, about?: () => About): Promise<never> {
    onReaderGone(() => process.exit());
    const pages = followEvents(context, query, {
      broken: this.skipped,
      about: about?.(),
      clock: systemClock,
      onAway: ({ message }) => this.notes.noteOnce(`${message}; trying again`),
    });
    for (;;) {
      const { events, reading } = (await pages.next()).value;
      await this.tellRewrites(context.opened);
      this.setRepository(reading.revision, reading.fetchedAt, reading.pending.length);
      await this.print(this.#result(events, null));
    }
  }
}

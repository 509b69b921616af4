import { Args } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { recordedSubject } from '../app/open/subjects.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { eventFilter, LOG_FLAGS } from '../cli/flags/log-flags.js';
import { eventDetails, eventLine, eventLines } from '../cli/render/event-lines.js';
import { UsageError } from '../errors.js';
import type { SubjectEvent } from '../model/event/event.js';
import type { EventFilter } from '../model/event/event-filter.js';
import { hintOf } from '../model/event/event-hint.js';
import { formatSubject, type Subject } from '../model/subject/subject.js';
import { type About, aboutNamed } from '../store/read/entries-about.js';
import { publishedEvents } from '../store/read/event-log.js';
import { type EventPage, readPage } from '../store/read/event-page.js';
import { readEvents } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';
import { onReaderGone } from '../terminal/standard-output.js';

const FOLLOW_MS = 2_000;
/** Number of the newest events that are searched for new ones. */
const FOLLOW_WINDOW = 1_000;

export default class Log extends ReadCommand<typeof Log> {
  static override summary = 'Show what happened, to one subject or to all.';
  static override description = helpText(
    ReadCommand,
    `Newest last. The log of a subject is in the order of event times; without a SUBJECT it is the time line of all, in the order of publishing. The same filter twice is or, different filters are and.`,
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
    if (this.flags.follow && (this.flags.reverse || this.flags.before)) {
      throw new UsageError('--follow goes on at the newest end: leave --reverse and --before out');
    }
    const context = await this.openFetched('default', this.#about);
    const subject = await this.#subject(context);
    const { cutOff } = context.opened.repository.store.history;
    if (subject === null && cutOff) {
      this.note(
        `${cutOff.why}: events of before its first commit are told as that commit's; ${cutOff.remedy} brings the rest`,
      );
    }
    if (this.flags.follow) return this.#follow(context, subject, filter);
    const page = await this.#page(context, subject, filter, this.flags.limit);
    const ordered = this.flags.reverse ? [...page.events].reverse() : page.events;
    return this.#result(ordered, page.next, subject === null);
  }

  /** The scope of the query: the named subject, else everything. */
  get #about(): (() => About) | undefined {
    const { subject } = this.args;
    return subject === undefined ? undefined : () => aboutNamed(subject);
  }

  async #subject(context: Context): Promise<Subject | null> {
    const name = this.args.subject;
    if (name === undefined) return null;
    return recordedSubject(name, { ...context, view: context.reading.view });
  }

  #page(context: Context, subject: Subject | null, filter: EventFilter, limit: number): Promise<EventPage> {
    const { reading, opened } = context;
    const { before, after } = this.flags;
    const options = { before, after, filter, limit, broken: this.skipped };
    if (subject === null) {
      const hint = hintOf(filter, [before ?? [], after ?? []].flat());
      return readPage(
        publishedEvents(
          opened.repository.store,
          reading.revision,
          reading.view,
          reading.pending,
          hint,
          limit + 2,
          this.skipped,
        ),
        options,
      );
    }
    return readEvents(reading.view, subject, this.skipped).then((events) =>
      readPage(events.reverse(), options),
    );
  }

  #result(events: readonly SubjectEvent[], next: string | null, withSubject: boolean): CommandResult {
    const rows = events.map(({ subject, event }) => ({ ...event, subject: formatSubject(subject) }));
    return {
      json: { events: rows, next },
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

  /**
   * Prints the page, then new events, until the user ends the command. New events are recognized by their ids, not by
   * their place: an event with an earlier time, or one that was published first, may appear before others.
   */
  async #follow(begin: Context, subject: Subject | null, filter: EventFilter): Promise<never> {
    const limit = this.flags.limit;
    const window = Math.max(limit, FOLLOW_WINDOW);
    const keyOf = ({ subject: about, event }: SubjectEvent) => `${formatSubject(about)} ${event.id}`;
    const first = await this.#page(begin, subject, filter, window);
    const seen = new Set(first.events.map(keyOf));
    onReaderGone(() => process.exit());
    await this.print(this.#result(first.events.slice(-limit), null, subject === null));
    for (;;) {
      await new Promise((wake) => setTimeout(wake, FOLLOW_MS));
      const page = await this.#page(await this.reopen(this.#about), subject, filter, window);
      const fresh = page.events.filter((item) => !seen.has(keyOf(item)));
      for (const item of fresh) seen.add(keyOf(item));
      if (fresh.length > 0) await this.print(this.#result(fresh, null, subject === null));
    }
  }
}

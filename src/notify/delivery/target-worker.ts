/** Delivers the news to one target: one delivery at a time, in the order of the news, at least once. */
import { KgitError } from '../../errors.js';
import type { NewsItem } from '../../news/news-item.js';
import type { NewsLog } from '../../news/news-log.js';
import type { Clock } from '../../store/port/host.js';
import type { Target } from '../config/notify-config.js';
import { type Delivery, deliveryOf, messagesOf } from '../message/notice.js';
import type { TargetState, TargetStatus } from '../notifier-status.js';
import { type SendEnd, type SendMeans, send } from '../send/send.js';
import { Bursts } from './bursts.js';
import { Inbox } from './inbox.js';
import { type DeadMessage, type Place, PlaceFile, placeBehind, withDead } from './place.js';
import { retryMs } from './retry-times.js';

/** Time and chance. */
export interface WorkerClock extends Pick<Clock, 'now' | 'random'> {
  /** Resolves after `ms`, or when `signal` fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface WorkerParts {
  readonly target: Target;
  readonly log: NewsLog;
  /** Folder for data of this machine. */
  readonly folder: string;
  readonly clock: WorkerClock;
  /** What sending takes; its signal ends a try that is under way. */
  readonly means: SendMeans;
  /** Called with bugs, which are no failure of the target. */
  readonly onFault: (error: unknown) => void;
}

/** How long a place that moved past news which no rule selects may stay unwritten, in ms. */
const IDLE_WRITE_MS = 10_000;
/** Time without a fault after which the next one counts as the first, in ms. */
const CALM_MS = 10 * 60_000;
const MAX_DEAD_TEXT = 1000;
const UNREADABLE = 'the news cannot be read';

export class TargetWorker {
  readonly #parts: WorkerParts;
  readonly #file: PlaceFile;
  readonly #bursts: Bursts;
  #place: Place | null = null;
  #inbox: Inbox | null = null;
  #state: TargetState = 'idle';
  #nextTry: number | null = null;
  #problem: string | null = null;
  #isWritten = true;
  #writtenAt = 0;
  #writing: Promise<void> = Promise.resolve();
  /** The inbox that has read everything that was there when it began. */
  #caughtUp: Inbox | null = null;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#file = new PlaceFile(parts.folder, parts.target.name);
    this.#bursts = new Bursts(parts.target.burst);
  }

  get status(): TargetStatus {
    const { name, channel, rules } = this.#parts.target;
    const place = this.#place ?? placeBehind(null);
    const { after, trying, delivered, digests, retries, dead, gaps } = place;
    const { lastDelivery, lastFailure, lastDead } = place;
    return {
      name,
      type: channel.type,
      rules: rules.map((rule) => rule.name),
      state: this.#state,
      after,
      waiting: this.#inbox?.waiting.length ?? 0,
      attempts: trying?.attempts ?? 0,
      nextTry: this.#nextTry,
      ...{ delivered, digests, retries, dead, gaps, lastDelivery, lastFailure, lastDead },
      problem: this.#problem,
    };
  }

  /**
   * Delivers until `signal` fires. Whatever fails is shown by `status`, and tried again.
   * @param began id of the newest news when the server started: a new target begins behind it
   */
  async run(began: string, signal: AbortSignal): Promise<void> {
    const { clock, onFault } = this.#parts;
    for (let faults = 0; !signal.aborted; ) {
      const since = clock.now();
      try {
        // Ends by itself where the journal no longer has the next news, for a target that is far behind.
        await this.#follow(began, signal);
      } catch (error) {
        if (!(error instanceof KgitError)) onFault(error);
        this.#problem = error instanceof Error ? error.message : String(error);
      }
      faults = clock.now() - since > CALM_MS ? 1 : faults + 1;
      if (!signal.aborted) await clock.sleep(retryMs(clock, faults, null), signal);
    }
    this.#state = 'stopped';
    if (!this.#isWritten) await this.#write();
  }

  /** Reads and sends until `signal` fires. Throws what the journal or the file system throws. */
  async #follow(began: string, signal: AbortSignal): Promise<void> {
    const place = this.#place ?? (await this.#firstPlace(began));
    const { log, target } = this.#parts;
    const ended = new AbortController();
    const newest = log.last;
    let news = log.follow(place.after, ended.signal);
    let from = place;
    if (news === null) {
      // The journal is another one, or was shortened: what it still has may all be new.
      from = await this.#keep({ ...place, after: null, parts: 0, trying: null, gaps: place.gaps + 1 });
      news = log.follow(null, ended.signal);
    }
    if (news === null) throw new Error('the journal of news has no beginning');
    const inbox = new Inbox(target.rules, from.after, from.parts);
    this.#inbox = inbox;
    const end = () => {
      ended.abort();
      inbox.close();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const both = [this.#read(news, inbox, ended.signal), this.#deliver(inbox, newest, ended.signal)];
    try {
      await Promise.race(both);
    } finally {
      end();
      signal.removeEventListener('abort', end);
      // Only one at a time may work on a place.
      await Promise.allSettled(both);
    }
  }

  async #firstPlace(began: string): Promise<Place> {
    const found = await this.#file.read();
    if (typeof found !== 'string') {
      this.#place = found;
      return found;
    }
    if (found === 'absent') return this.#keep(placeBehind(began));
    // Where it was is not known: some news come twice, none are lost.
    await this.#file.setAside();
    return this.#keep({ ...placeBehind(null), gaps: 1 });
  }

  async #read(news: AsyncIterable<NewsItem>, inbox: Inbox, signal: AbortSignal): Promise<void> {
    for await (const item of news) {
      while (inbox.isFull && !signal.aborted) await inbox.changed();
      if (signal.aborted) return;
      try {
        inbox.add(item);
      } catch (error) {
        // A news item that cannot be read must not stop those behind it.
        this.#parts.onFault(error);
        this.#place = {
          ...this.#known,
          ...withDead(this.#known, [this.#dead(item.id, item.id, UNREADABLE)]),
        };
        this.#isWritten = false;
      }
    }
  }

  /** @param newest id of the newest news when reading began */
  async #deliver(inbox: Inbox, newest: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (inbox.waiting.length === 0) await this.#idle(inbox);
      else if (this.#mustReadOn(inbox, newest)) await inbox.changed();
      else await this.#sendNext(inbox, signal);
    }
  }

  /** Waits for a message. Meanwhile the place follows the news that no rule selects. */
  async #idle(inbox: Inbox): Promise<void> {
    const { clock } = this.#parts;
    this.#state = 'idle';
    const place = this.#known;
    if (inbox.position !== null && inbox.position !== place.after) {
      this.#place = { ...place, after: inbox.position, parts: 0, trying: null };
      this.#isWritten = false;
    }
    if (!this.#isWritten) {
      if (clock.now() - this.#writtenAt >= IDLE_WRITE_MS) await this.#write();
      else {
        const woken = new AbortController();
        const change = inbox.changed().then(() => woken.abort());
        await clock.sleep(IDLE_WRITE_MS, woken.signal);
        if (woken.signal.aborted) await change;
        else await this.#write();
        return;
      }
    }
    if (inbox.waiting.length === 0 && inbox.position === this.#known.after) await inbox.changed();
  }

  /** Whether more has to be read before it is known if what was being tried is still there. */
  #mustReadOn(inbox: Inbox, newest: string): boolean {
    const { trying } = this.#known;
    if (trying === null || trying.first !== inbox.waiting[0]?.message.id) return false;
    return trying.messages > inbox.waiting.length && !inbox.isFull && !this.#hasRead(inbox, newest);
  }

  /** Whether everything up to `newest` was read since this process began. */
  #hasRead(inbox: Inbox, newest: string): boolean {
    if (inbox.position === newest) this.#caughtUp = inbox;
    return this.#caughtUp === inbox;
  }

  async #sendNext(inbox: Inbox, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const batch = this.#triedBatch(inbox);
    const next = batch ?? this.#bursts.next(inbox.waiting.length, clock.now());
    if ('waitMs' in next) {
      this.#state = 'waiting';
      await clock.sleep(next.waitMs, signal);
      return;
    }
    const taken = inbox.waiting.slice(0, next.messages);
    const [first, ...rest] = taken.map(({ message }) => message);
    const last = taken.at(-1);
    if (first === undefined || last === undefined) return;
    if (batch === null) {
      const trying = { first: first.id, ...next, attempts: 0, since: clock.now() };
      // Of a digest, what is in it is kept before it is sent: a server that starts anew sends the same one.
      if (next.isDigest) await this.#keep({ ...this.#known, trying });
      else this.#place = { ...this.#known, trying };
    }
    const settled = await this.#settle(deliveryOf([first, ...rest], next.isDigest), signal);
    if (settled === null) return;
    const { item, part } = last.message;
    const at = last.isLast ? { after: item, parts: 0 } : { after: last.before, parts: part + 1 };
    inbox.remove(taken.length);
    await this.#keep({ ...this.#known, ...settled, ...at, trying: null });
  }

  /** What was being tried when the server ended; null if nothing was, or the news or rules are others now. */
  #triedBatch(inbox: Inbox): { readonly messages: number; readonly isDigest: boolean } | null {
    const { trying } = this.#known;
    if (trying === null) return null;
    if (trying.first === inbox.waiting[0]?.message.id && trying.messages <= inbox.waiting.length)
      return trying;
    this.#place = { ...this.#known, trying: null };
    return null;
  }

  /** Tries until a delivery has arrived or is given up. Returns what that changes; null if `signal` fired before. */
  async #settle(delivery: Delivery, signal: AbortSignal): Promise<Partial<Place> | null> {
    const { clock, target } = this.#parts;
    for (;;) {
      this.#state = 'sending';
      const ended = await this.#try(delivery);
      const now = clock.now();
      const { trying, ...place } = this.#known;
      const { attempts = 0, since = now } = trying ?? {};
      if (ended.kind === 'delivered') {
        this.#nextTry = null;
        this.#bursts.sent(delivery.kind === 'digest', now);
        const { delivered, digests } = place;
        const added = delivery.kind === 'digest' ? { digests: digests + 1 } : {};
        return { delivered: delivered + messagesOf(delivery).length, ...added, lastDelivery: now };
      }
      if (signal.aborted) return null;
      const tried = { ...place, trying: trying && { ...trying, attempts: attempts + 1, since } };
      const failure = { at: now, reason: ended.reason };
      this.#place = { ...tried, lastFailure: failure };
      const isOver = attempts + 1 >= target.retry.attempts || now - since >= target.retry.giveUpMs;
      if (ended.kind === 'refused' || isOver) {
        this.#nextTry = null;
        const why = ended.kind === 'refused' ? ended.reason : `given up: ${ended.reason}`;
        return withDead(
          this.#known,
          messagesOf(delivery).map(({ id, notice }) => this.#dead(id, notice.title, why)),
        );
      }
      await this.#keep({ ...this.#known, retries: place.retries + 1 });
      const waitMs = retryMs(clock, attempts + 1, ended.afterMs);
      this.#state = 'retrying';
      this.#nextTry = now + waitMs;
      await clock.sleep(waitMs, signal);
      if (signal.aborted) return null;
    }
  }

  async #try(delivery: Delivery): Promise<SendEnd> {
    try {
      return await send(this.#parts.target, delivery, this.#parts.means);
    } catch (error) {
      // A bug, or a message that cannot be written: the ones behind it go on.
      this.#parts.onFault(error);
      return { kind: 'refused', reason: 'the message cannot be made' };
    }
  }

  #dead(id: string, title: string, reason: string): DeadMessage {
    const attempts = this.#known.trying?.attempts ?? 0;
    const short = (text: string) => text.slice(0, MAX_DEAD_TEXT);
    return {
      id: short(id),
      title: short(title),
      at: this.#parts.clock.now(),
      attempts,
      reason: short(reason),
    };
  }

  get #known(): Place {
    return this.#place ?? placeBehind(null);
  }

  async #keep(place: Place): Promise<Place> {
    this.#place = place;
    await this.#write();
    return place;
  }

  /** Writes the newest place, one write at a time. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  /** Where a place cannot be written, delivery goes on: a restart repeats messages, and `status` says so. */
  async #writeNow(): Promise<void> {
    const { clock, onFault } = this.#parts;
    const written = this.#known;
    this.#writtenAt = clock.now();
    try {
      await this.#file.write({ ...written, waiting: this.#inbox?.waiting.length ?? 0 });
      this.#isWritten = this.#place === written;
      this.#problem = null;
    } catch (error) {
      if (!(error instanceof KgitError)) onFault(error);
      this.#isWritten = false;
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }
}

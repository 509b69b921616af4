import { InvalidStateError } from '../../errors.js';
import { type BrokenEvents, REFUSE_BROKEN, readLaterOrNote } from '../../model/event/broken-events.js';
import { parseSealedMonth, type SealedEvent } from '../../model/event/sealed-month.js';
import { eventIdOfName, monthFolder, monthOf, sealedPath } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Entry, StateView } from '../port/state-store.js';
import { eventName, fileEvent, type StoredEvent, stored } from './stored-events.js';

/** How many characters of sealed months are cached: enough for 1,000 subjects with a million events. */
const KEPT_CHARS = 64 * 1024 * 1024;

type ById = ReadonlyMap<string, readonly SealedEvent[]>;

/**
 * Finds single events, in files of their own and in sealed months. Sealed months are cached, because batches and time
 * lines read the same ones repeatedly.
 */
export class EventFinder {
  readonly #view: StateView;
  readonly #broken: BrokenEvents;
  /** By path; null where no such month is sealed. */
  readonly #sealed = new Map<string, Promise<ById | null>>();
  #kept = 0;

  /** @param broken how events that cannot be read are handled */
  constructor(view: StateView, broken: BrokenEvents = REFUSE_BROKEN) {
    this.#view = view;
    this.#broken = broken;
  }

  /** The event of this id, whatever its action; null if there is none. Throws InvalidStateError. */
  async find(subject: Subject, id: string): Promise<StoredEvent | null> {
    const [event] = (await this.#month(subject, monthOf(id)))?.get(id) ?? [];
    if (event) return stored(subject, event);
    const entry = await this.#file(subject, id);
    if (!entry) return null;
    const path = `${monthFolder(subject, id)}/${entry.name}`;
    return readLaterOrNote(this.#broken, path, async () => {
      const text = entry.kind === 'file' ? await this.#view.read(path) : null;
      if (text !== null) return fileEvent(subject, path, text);
      throw new InvalidStateError(`${path}: an event is a regular file`, { data: { path } });
    });
  }

  /** Whether there is an event of this id; its file is not read. Throws InvalidStateError. */
  async has(subject: Subject, id: string): Promise<boolean> {
    if ((await this.#month(subject, monthOf(id)))?.has(id)) return true;
    return (await this.#file(subject, id)) !== null;
  }

  async #file(subject: Subject, id: string): Promise<Entry | null> {
    const entries = (await this.#view.list(monthFolder(subject, id), `${id}-`)) ?? [];
    return entries.find(({ name }) => eventIdOfName(name) === id) ?? null;
  }

  /** The event at `path`, or sealed from there; null if it was removed. Throws InvalidStateError. */
  async at(subject: Subject, path: string): Promise<StoredEvent | null> {
    const [month = '', name = ''] = path.split('/').slice(-2);
    const sealed = (await this.#month(subject, month))?.get(eventIdOfName(name) ?? '') ?? [];
    const event = sealed.find(({ head }) => eventName(head) === name);
    if (event) return stored(subject, event);
    return readLaterOrNote(this.#broken, path, async () => {
      const text = await this.#view.read(path);
      return text === null ? null : fileEvent(subject, path, text);
    });
  }

  /** Clears the cache, after sealed months have changed. */
  forget(): void {
    this.#sealed.clear();
    this.#kept = 0;
  }

  #month(subject: Subject, month: string): Promise<ById | null> {
    const path = sealedPath(subject, month);
    const known = this.#sealed.get(path);
    if (known) return known;
    const begun = this.#read(path);
    this.#sealed.set(path, begun);
    return begun;
  }

  async #read(path: string): Promise<ById | null> {
    if ((await this.#view.kindOf(path)) === null) return null;
    const events = await readLaterOrNote(this.#broken, path, () => this.#parse(path));
    const byId = new Map<string, SealedEvent[]>();
    for (const event of events ?? []) {
      const same = byId.get(event.head.id);
      if (same) same.push(event);
      else byId.set(event.head.id, [event]);
    }
    return byId;
  }

  async #parse(path: string): Promise<SealedEvent[]> {
    const text = (await this.#view.read(path)) ?? '';
    if (this.#kept + text.length > KEPT_CHARS) this.forget();
    this.#kept += text.length;
    return parseSealedMonth(text, path, this.#broken);
  }
}

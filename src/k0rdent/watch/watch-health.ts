import type { KgitError } from '../../errors.js';
import { isPassing } from '../kubectl/cluster-failure.js';

/** Called with the error when a context cannot be watched, and with null when it can again. */
export type OnContext = (context: string, error: KgitError | null) => void | Promise<void>;

/** Tracks which contexts of a watch work. Each context has one or more parts: its lists, or the attempt to open it. */
export class WatchHealth {
  /** Errors by context and part; null: the part works. */
  readonly #parts = new Map<string, Map<string, KgitError | null>>();
  /** The parts that fail and will not recover by themselves, by context and part. */
  readonly #ended = new Set<string>();
  /** The cause last reported for each context; null: it works. */
  readonly #told = new Map<string, string | null>();
  readonly #onContext: OnContext;

  constructor(onContext: OnContext) {
    this.#onContext = onContext;
  }

  /** Adds a part that works. */
  add(context: string, part: string): void {
    const parts = this.#parts.get(context) ?? new Map<string, KgitError | null>();
    this.#parts.set(context, parts.set(part, null));
  }

  /** Removes a part that others replace. */
  remove(context: string, part: string): void {
    this.#parts.get(context)?.delete(part);
    this.#ended.delete(keyOf(context, part));
  }

  /** Notes a failure that was already reported to the user. */
  known(context: string, part: string, error: KgitError): void {
    this.add(context, part);
    this.#parts.get(context)?.set(part, error);
    if (!isPassing(error)) this.#ended.add(keyOf(context, part));
    this.#told.set(context, causeOf(error));
  }

  /** Notes a failure; `passes`: the part is retried and may recover by itself. */
  async failed(context: string, part: string, error: KgitError, passes: boolean): Promise<void> {
    this.#parts.get(context)?.set(part, error);
    if (passes) this.#ended.delete(keyOf(context, part));
    else this.#ended.add(keyOf(context, part));
    await this.#tell(context);
  }

  async works(context: string, part: string): Promise<void> {
    this.#parts.get(context)?.set(part, null);
    this.#ended.delete(keyOf(context, part));
    await this.#tell(context);
  }

  /** Whether nothing is left to watch and retrying will not help. */
  get isHopeless(): boolean {
    return [...this.#parts].every(([context, parts]) =>
      [...parts.keys()].every((part) => this.#ended.has(keyOf(context, part))),
    );
  }

  /** The contexts that cannot be watched now, with their errors. */
  get failing(): ReadonlyMap<string, KgitError> {
    const found = [...this.#parts].flatMap(([context]) => {
      const error = this.#errorOf(context);
      return error === null ? [] : [[context, error] as const];
    });
    return new Map(found);
  }

  #errorOf(context: string): KgitError | null {
    return [...(this.#parts.get(context)?.values() ?? [])].find((error) => error !== null) ?? null;
  }

  /** Reports each cause once: a server that is away overnight fails a thousand times. */
  async #tell(context: string): Promise<void> {
    const error = this.#errorOf(context);
    const cause = error && causeOf(error);
    if ((this.#told.get(context) ?? null) === cause) return;
    this.#told.set(context, cause);
    await this.#onContext(context, error);
  }
}

function keyOf(context: string, part: string): string {
  return JSON.stringify([context, part]);
}

function causeOf(error: KgitError): string {
  return error.causeWord ?? error.code;
}

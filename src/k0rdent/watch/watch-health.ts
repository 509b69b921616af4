import type { KgitError } from '../../errors.js';
import { isPassing } from '../kubectl/cluster-failure.js';

/** Told when a context cannot be watched, with the reason, and with null when it can again. */
export type OnContext = (context: string, error: KgitError | null) => void | Promise<void>;

/** What of a watch of several contexts works: each has one part or more, a list or the attempt to open it. */
export class WatchHealth {
  /** By context, then part; null: it works. */
  readonly #parts = new Map<string, Map<string, KgitError | null>>();
  /** The parts that fail and will not recover by themselves, by context and part. */
  readonly #ended = new Set<string>();
  /** What was last told of a context. */
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

  /** Takes a part away, for others that stand for it. */
  remove(context: string, part: string): void {
    this.#parts.get(context)?.delete(part);
    this.#ended.delete(keyOf(context, part));
  }

  /** Notes a failure that the user was told of already. */
  known(context: string, part: string, error: KgitError): void {
    this.add(context, part);
    this.#parts.get(context)?.set(part, error);
    if (!isPassing(error)) this.#ended.add(keyOf(context, part));
    this.#told.set(context, causeOf(error));
  }

  /** Notes a failure; `passes`: the part is asked again and may recover by itself. */
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

  /** Whether nothing is left to watch, and asking again will not help. */
  get isHopeless(): boolean {
    return [...this.#parts].every(([context, parts]) =>
      [...parts.keys()].every((part) => this.#ended.has(keyOf(context, part))),
    );
  }

  /** The contexts that cannot be watched now, and why. */
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

  /** Once for each cause: a server that is away for a night fails a thousand times. */
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
  return String(error.data['cause'] ?? error.code);
}

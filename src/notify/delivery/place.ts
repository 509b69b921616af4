/** Where a target is in the news: a file on this machine, which outlives the server. */
import '../../model/value/zod-settings.js';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { hasCode } from '../../model/value/error-codes.js';
import { moveAside } from '../../store/local/damaged-files.js';
import { privateFolder, readAtMost, replaceDurably } from '../../store/local/durable-files.js';

/** Folder of the places, below the folder for data of this machine. */
export const PLACES = 'notify';

const MAX_BYTES = 256 * 1024;
/** Dead messages that are remembered; all are counted. */
const MAX_DEAD = 20;

const count = z.int().check(z.nonnegative());
const text = z.string().check(z.maxLength(2000));
const dead = z.object({ id: text, title: text, at: count, attempts: count, reason: text });
const place = z.object({
  version: z.literal(1),
  /** The news item up to which everything is settled; null: none yet. */
  after: z.nullable(text),
  /** How many parts of the item behind it are settled. */
  parts: count,
  /** What is being tried: it stays the same, whatever comes in and however often the server starts anew. */
  trying: z.nullable(
    z.object({
      /** Id of the first message. */
      first: text,
      /** Number of messages. */
      messages: count,
      isDigest: z.boolean(),
      attempts: count,
      /** First try, in ms since the epoch. */
      since: count,
    }),
  ),
  /** Messages that waited when the place was written, with what was being tried. */
  waiting: count,
  delivered: count,
  digests: count,
  retries: count,
  dead: count,
  /** How often news were gone before the target had them. */
  gaps: count,
  lastDelivery: z.nullable(count),
  lastFailure: z.nullable(z.object({ at: count, reason: text })),
  lastDead: z.array(dead).check(z.maxLength(MAX_DEAD)),
});

/** A message that was given up. Times are ms since the epoch. */
export type DeadMessage = z.infer<typeof dead>;
/** Where a target is, and what it has done so far. */
export type Place = z.infer<typeof place>;

/** The place of a target that begins behind a news item. */
export function placeBehind(after: string | null): Place {
  return {
    ...{ version: 1, after, parts: 0, trying: null },
    ...{ waiting: 0, delivered: 0, digests: 0, retries: 0, dead: 0, gaps: 0 },
    ...{ lastDelivery: null, lastFailure: null, lastDead: [] },
  };
}

/** Adds a message to those that were given up. */
export function withDead({ dead: before, lastDead }: Place, added: readonly DeadMessage[]) {
  return { dead: before + added.length, lastDead: [...lastDead, ...added].slice(-MAX_DEAD) };
}

/** The file of one target. */
export class PlaceFile {
  readonly #folder: string;
  readonly #path: string;

  /** @param folder the folder for data of this machine */
  constructor(folder: string, target: string) {
    this.#folder = folder;
    this.#path = join(folder, PLACES, `${target}.json`);
  }

  /**
   * The place; `absent` if the target is new, `damaged` if the file is no place. Throws EnvironmentError and errors of
   * the file system.
   */
  async read(): Promise<Place | 'absent' | 'damaged'> {
    let bytes: Buffer;
    try {
      bytes = await readAtMost(this.#path, MAX_BYTES + 1);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 'absent';
      throw error;
    }
    if (bytes.length > MAX_BYTES) return 'damaged';
    try {
      const parsed = place.safeParse(JSON.parse(bytes.toString('utf8')));
      return parsed.success ? parsed.data : 'damaged';
    } catch {
      // Not JSON, as a power loss may leave it on some file systems.
      return 'damaged';
    }
  }

  /** Moves a damaged file out of the way, and keeps it. Throws EnvironmentError. */
  async setAside(): Promise<void> {
    await moveAside(this.#folder, this.#path);
  }

  /** Keeps a place, durably. Throws EnvironmentError. */
  async write(kept: Place): Promise<void> {
    await privateFolder(join(this.#folder, PLACES));
    await replaceDurably(this.#path, `${JSON.stringify(kept)}\n`);
  }
}

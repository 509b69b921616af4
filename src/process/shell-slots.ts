/** The fifos between a script and its helper: a pool of slots, each with an input and an output. */
import { closeSync, constants, openSync, readdirSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const { O_NONBLOCK, O_RDWR } = constants;
const MAX_FIELDS = 10_000;
/** Maximum size of one call, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Collects the words of one call. */
export class Words {
  #bytes: Buffer = Buffer.alloc(0);

  /** Adds bytes; returns the words once the call is complete, else null. Throws RangeError for an invalid call. */
  add(bytes: Buffer): string[] | null {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > MAX_BYTES) throw new RangeError('the call is too large');
    if (bytes.at(-1) !== 0) return null;
    const [count, ...words] = this.#bytes.toString('utf8').slice(0, -1).split('\0');
    if (!/^\d{1,5}$/.test(count ?? '') || Number(count) > MAX_FIELDS)
      throw new RangeError('the call has no count');
    if (words.length < Number(count)) return null;
    this.#bytes = Buffer.alloc(0);
    return words;
  }
}

function openPipe(path: string): number {
  // Read and write, so that opening does not block and the pipe stays open when a script closes its end.
  return openSync(path, O_RDWR | O_NONBLOCK);
}

/** Interval between looks whether the script is still there, in ms. */
const LOOK_MS = 250;
/** How long nothing must have been called once the script is gone, in ms. */
const QUIET_MS = 1_000;

/**
 * Answers the calls that come in over the slots of a folder, until the script is gone and nothing has been called for a
 * moment: a part of it that runs in the background may outlive it. Rejects where a pipe or `answer` fails.
 */
export async function serveSlots(
  folder: string,
  answer: (words: readonly string[]) => Promise<string>,
  isScriptThere: () => boolean,
): Promise<void> {
  const sockets: Socket[] = [];
  const slots = readdirSync(folder).flatMap((name) => /^([0-9a-v])\.in$/.exec(name)?.[1] ?? []);
  // Monotonic: the time of day may be set back.
  let lastCall = performance.now();
  let resolve = () => {};
  let reject = (_error: unknown) => {};
  const over = new Promise<void>((...ends) => {
    [resolve, reject] = ends;
  });
  for (const slot of slots) {
    const incoming = new Socket({ fd: openPipe(join(folder, `${slot}.in`)), writable: false });
    const outgoing = new Socket({ fd: openPipe(join(folder, `${slot}.out`)), readable: false });
    sockets.push(incoming, outgoing);
    const words = new Words();
    incoming.on('error', reject).on('data', (bytes: Buffer) => {
      lastCall = performance.now();
      try {
        const call = words.add(bytes);
        if (call) answer(call).then((reply) => outgoing.write(reply), reject);
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('error', reject);
  }
  const pool = openPipe(join(folder, 'pool'));
  writeSync(pool, slots.join(''));
  const look = setInterval(() => {
    if (!isScriptThere() && performance.now() - lastCall >= QUIET_MS) resolve();
  }, LOOK_MS);
  try {
    await over;
  } finally {
    clearInterval(look);
    for (const socket of sockets) socket.destroy();
    closeSync(pool);
  }
}

/** The frames of git's wire protocol: four hexadecimal digits of length, then the data. */

export const FLUSH = Buffer.from('0000');
export const DELIMITER = Buffer.from('0001');
/** Longest frame, its length included. */
const MAX_FRAME = 65_520;

/** Most refs of a server that are read. */
export const MAX_REFS = 1_000_000;

/** Thrown for an answer that is not git's. */
export class ProtocolError extends Error {}

/** Thrown for an answer that ends in the middle. */
export class CutOff extends ProtocolError {
  constructor() {
    super('the remote end hung up unexpectedly');
  }
}

/** Frames a line of text. */
export function frame(text: string): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data]);
}

/** A frame: its data, or the kind of a frame without any. */
export type Frame = Buffer | 'flush' | 'delimiter' | 'end';

const EMPTY: Readonly<Record<number, Frame>> = { 0: 'flush', 1: 'delimiter', 2: 'end' };

/** Reads frames from the body of an answer as it comes. Throws ProtocolError. */
export async function* framesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 4) {
      const digits = rest.toString('latin1', at, at + 4);
      if (!/^[0-9a-f]{4}$/i.test(digits)) throw new ProtocolError(`bad line length character: ${digits}`);
      const length = Number.parseInt(digits, 16);
      const empty = EMPTY[length];
      if (length > MAX_FRAME || length === 3) throw new ProtocolError(`bad line length ${length}`);
      if (empty === undefined && rest.length - at < length) break;
      yield empty ?? rest.subarray(at + 4, at + length);
      at += empty === undefined ? length : 4;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new CutOff();
}

/** The text of a frame, without the line end. */
export const lineOf = (data: Buffer): string => data.toString('utf8').replace(/\n$/, '');

/** What a server says beside its answer. */
export interface Said {
  /** In the words of git's stderr: `remote: …` lines. */
  text: string;
  readonly onText?: ((text: string) => void) | undefined;
}

/** Largest text of a server that is kept, in characters. */
const MAX_SAID = 64 * 1024;

/** Keeps what a server says, in whole lines. */
export function hear(said: Said, text: string): void {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => `remote: ${line}\n`)
    .join('');
  if (said.text.length < MAX_SAID) said.text += lines;
  said.onText?.(lines);
}

/**
 * Separates the bands of a multiplexed answer: yields the data, and keeps what the server says.
 * Throws ProtocolError for a server that gave up.
 */
export async function* firstBand(frames: AsyncIterable<Frame>, said: Said): AsyncGenerator<Buffer> {
  // A line that a server says may come in several frames.
  let begun: Buffer = Buffer.alloc(0);
  try {
    for await (const each of frames) {
      if (typeof each === 'string') {
        if (each === 'flush') return;
        continue;
      }
      const [band] = each;
      const data = each.subarray(1);
      if (band === 1) yield data;
      else if (band === 2) {
        begun = Buffer.concat([begun, data]);
        const end = Math.max(begun.lastIndexOf('\n'), begun.lastIndexOf('\r')) + 1;
        if (end === 0 && begun.length < MAX_SAID) continue;
        hear(said, begun.toString('utf8', 0, end || begun.length));
        begun = begun.subarray(end || begun.length);
      } else if (band === 3) {
        hear(said, `fatal: ${data.toString('utf8')}`);
        throw new ProtocolError(data.toString('utf8').trim());
      } else throw new ProtocolError('protocol error: bad band');
    }
  } finally {
    if (begun.length > 0) hear(said, begun.toString('utf8'));
  }
}

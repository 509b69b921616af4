/** An event of a stream, or a comment. */
export interface ReadEvent {
  readonly event?: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  readonly data?: any;
  readonly comment?: true;
}

/** Reads the events of an answer, one by one. */
export class StreamReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor({ body }: Response) {
    if (body === null) throw new Error('the answer has no body');
    this.#reader = body.getReader();
  }

  /** The next event, or comment; null at the end of the stream. */
  async next(): Promise<ReadEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return parsed(block);
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next events of these names. */
  async of(count: number, ...names: string[]): Promise<ReadEvent[]> {
    const found: ReadEvent[] = [];
    while (found.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`the stream ended after ${JSON.stringify(found)}`);
      if (names.includes(event.event ?? '')) found.push(event);
    }
    return found;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

function parsed(block: string): ReadEvent {
  if (block.startsWith(':')) return { comment: true };
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const { event, id, data } = fields;
  return { ...(event && { event }), ...(id && { id }), ...(data && { data: JSON.parse(data) }) };
}

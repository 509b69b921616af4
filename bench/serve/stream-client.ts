import { type ClientRequest, get, type IncomingMessage } from 'node:http';

/** A client of `/api/v1/stream` that keeps the ids that it received, and goes on behind the last one. */
export class StreamClient {
  readonly #url: string;
  #request: ClientRequest | null = null;
  #rest = '';
  /** The id of the newest event that had one; null before the first. */
  lastId: string | null = null;
  /** Ids of `change` events, in the order in which they came. */
  readonly changes: string[] = [];
  /** How often the server told it to begin anew. */
  resets = 0;

  /** @param url the address of the server */
  constructor(url: string) {
    this.#url = `${url}/api/v1/stream`;
  }

  /** Connects, behind the last event received, and resolves once the server has answered. */
  connect(): Promise<void> {
    return new Promise((connected, failed) => {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (this.lastId !== null) headers['last-event-id'] = this.lastId;
      this.#rest = '';
      this.#request = get(this.#url, { headers, agent: false }, (answer) => {
        if (answer.statusCode !== 200) {
          answer.resume();
          failed(new Error(`the stream answers ${answer.statusCode}`));
          return;
        }
        this.#read(answer);
        connected();
      });
      this.#request.on('error', failed);
    });
  }

  /** Breaks the connection off, as a laptop does that is closed. */
  break(): void {
    this.#request?.destroy();
    this.#request = null;
  }

  #read(answer: IncomingMessage): void {
    answer.setEncoding('utf8');
    answer.on('error', () => undefined);
    answer.on('data', (text: string) => {
      const blocks = (this.#rest + text).split('\n\n');
      this.#rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    const id = fields.get('id');
    if (id !== undefined) this.lastId = id;
    if (fields.get('event') === 'reset') this.resets++;
    if (fields.get('event') === 'change' && id !== undefined) this.changes.push(id);
  }
}

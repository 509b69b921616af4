import type { HttpClient, HttpResponse } from '../../../store/port/means.js';
import type { GitResult } from '../../process/git.js';
import { TIMED_OUT } from '../../process/git.js';
import { curlWords } from './curl-words.js';
import { ProtocolError } from './pkt-line.js';

/** Largest answer that is read, in bytes; git's own output has the same limit. */
const MAX_BODY = 512 * 1024 * 1024;
const MAX_REDIRECTS = 5;

export type Service = 'git-upload-pack' | 'git-receive-pack';

/** Where a repository is, and how it is asked for. */
export interface HttpPlace {
  /** URL without credentials. */
  readonly url: string;
  readonly client: HttpClient;
  /** Sent with each request to this host, such as an authorization. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the authorization among them is from: git's `http.extraHeader`, or a token or password; null if there is none. */
  readonly login: 'extra-header' | 'basic' | null;
}

/** Why an exchange failed, as git reports it. */
export class WireFailure extends Error {
  readonly result: GitResult;

  constructor(stderr: string, code = 128) {
    super(stderr.trim());
    this.result = { code, stdout: Buffer.alloc(0), stderr };
  }
}

/** Failures of a connection before a request is sent over it. */
const NOT_SENT =
  /Could not resolve|Failed to connect|is unreachable|No route to host|SSL certificate problem|SSL: no alternative|CONNECT tunnel|Unsupported proxy/;

/** The failure of a request that may have been carried out, as git reports it. */
const brokenOff = (why: string) =>
  new WireFailure(`error: RPC failed; ${why}\nfatal: the remote end hung up unexpectedly\n`);

/** Decodes a part of a URL. As git does, what is not encoded properly stays. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is not encoded.
    return text;
  }
}

/** An answer in frames. */
export type Body = AsyncIterable<Uint8Array>;

/** One exchange with a repository over smart HTTP, within a time limit. Every failure is a WireFailure. */
export class SmartHttp {
  readonly #place: HttpPlace;
  readonly #signal: AbortSignal;
  #base: URL;
  /** Whether a request that may change something has been sent. */
  #isSent = false;

  constructor(place: HttpPlace, timeoutMs: number) {
    this.#place = place;
    this.#base = new URL(place.url.replace(/\/+$/, ''));
    this.#signal = AbortSignal.timeout(timeoutMs);
  }

  /** Asks for what a service offers. */
  async advertisement(service: Service, version: 1 | 2): Promise<Body> {
    const type = `application/x-${service}-advertisement`;
    for (let left = MAX_REDIRECTS; ; left--) {
      const path = `/info/refs?service=${service}`;
      const response = await this.#ask('GET', path, {
        ...(version === 2 ? { 'Git-Protocol': 'version=2' } : {}),
      });
      const location = response.headers?.['location'];
      if (
        response.statusCode < 300 ||
        response.statusCode >= 400 ||
        typeof location !== 'string' ||
        left === 0
      )
        return this.#body(response, type);
      await drain(response.body);
      this.#redirect(location, path);
    }
  }

  /** Sends a request to a service. */
  async post(service: Service, version: 1 | 2, body: Buffer): Promise<Body> {
    const headers = {
      'Content-Type': `application/x-${service}-request`,
      Accept: `application/x-${service}-result`,
      ...(version === 2 ? { 'Git-Protocol': 'version=2' } : {}),
    };
    this.#isSent = service === 'git-receive-pack';
    return this.#body(
      await this.#ask('POST', `/${service}`, headers, body),
      `application/x-${service}-result`,
    );
  }

  /** As git does, the first request alone is redirected, and never from https to http. */
  #redirect(location: string, path: string): void {
    if (!URL.canParse(location, this.#base.href))
      throw new WireFailure('fatal: protocol error: the server redirects to no URL\n');
    const to = new URL(location, this.#base);
    const isSafe = to.protocol === 'https:' || (to.protocol === 'http:' && this.#base.protocol === 'http:');
    if (!isSafe || !to.href.endsWith(path))
      throw new WireFailure(
        `fatal: unable to update url base from redirection to ${to.origin}\nfatal: invalid server response\n`,
      );
    // It names no user: what is asked there is asked as nobody.
    [to.username, to.password] = ['', ''];
    this.#base = new URL(to.href.slice(0, -path.length));
  }

  /** Whether the server is the one that the place names. */
  get #isOwn(): boolean {
    return this.#base.host === new URL(this.#place.url).host;
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    data?: Buffer,
  ): Promise<HttpResponse> {
    // A token is for its own host.
    const own = this.#isOwn ? this.#place.headers : {};
    const chunks = async function* () {
      if (data) yield data;
    };
    try {
      return await this.#place.client.request({
        url: `${this.#base.href.replace(/\/$/, '')}${path}`,
        method,
        headers: {
          'User-Agent': 'git/kgit',
          Accept: '*/*',
          'Accept-Encoding': 'identity',
          ...headers,
          ...own,
        },
        ...(data ? { body: chunks() } : {}),
        signal: this.#signal,
      });
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #body({ statusCode, headers, body }: HttpResponse, type: string): Promise<Body> {
    if (statusCode !== 200) {
      await drain(body);
      const host = this.#base.origin;
      // The server may have gone on, and a proxy before it answered.
      if (this.#isSent && statusCode >= 500)
        throw brokenOff(`HTTP ${statusCode} curl 22 The requested URL returned error: ${statusCode}`);
      throw new WireFailure(
        statusCode === 401
          ? `fatal: Authentication failed for '${host}'\n${this.#loginNote(statusCode)}`
          : statusCode === 404
            ? `fatal: repository '${this.#base.href}' not found\n`
            : `fatal: unable to access '${this.#base.href}/': The requested URL returned error: ${statusCode}\n${this.#loginNote(statusCode)}`,
      );
    }
    const { 'content-encoding': encoding = 'identity' } = headers ?? {};
    if (encoding !== 'identity' && encoding !== '') {
      await drain(body);
      throw this.#failure(new ProtocolError(`the answer is encoded (${String(encoding).slice(0, 20)})`));
    }
    if (!String(headers?.['content-type'] ?? '').startsWith(type)) {
      await drain(body);
      throw new WireFailure(`fatal: ${this.#base.href}/info/refs not valid: is this a git repository?\n`);
    }
    return this.#bounded(body);
  }

  /** What the answer of a server that does not let us in does not say, for the table of faults. */
  #loginNote(status: number): string {
    const login = this.#isOwn ? this.#place.login : null;
    if (login === 'extra-header' && (status === 401 || status === 403))
      return 'kgit: http.extraHeader is set for this host\n';
    return login === null && status === 401 ? 'kgit: no credential helper is asked\n' : '';
  }

  async *#bounded(body: Body | undefined): AsyncGenerator<Uint8Array> {
    let size = 0;
    try {
      for await (const chunk of chunksOf(body)) {
        size += chunk.length;
        if (size > MAX_BODY) throw new ProtocolError(`the answer is larger than ${MAX_BODY} bytes`);
        yield chunk;
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The failure that an error of the connection, or of the protocol, amounts to. */
  #failure(error: unknown): WireFailure {
    if (error instanceof WireFailure) return error;
    if (this.#signal.aborted) return new WireFailure('fatal: timed out\n', TIMED_OUT);
    if (error instanceof ProtocolError)
      return this.#isSent
        ? brokenOff(error.message)
        : new WireFailure(`fatal: protocol error: ${error.message}\n`);
    const words = curlWords(error, this.#base.hostname);
    return this.#isSent && !NOT_SENT.test(words)
      ? brokenOff(`curl 56 ${words}`)
      : new WireFailure(`fatal: unable to access '${this.#base.href}/': ${words}\n`);
  }
}

/**
 * Yields the chunks of a body. The iterators of isomorphic-git's clients give no result when they are ended early, at which
 * `for await` over them throws.
 */
async function* chunksOf(body: Body | undefined): AsyncGenerator<Uint8Array> {
  const chunks = body?.[Symbol.asyncIterator]();
  if (chunks === undefined) return;
  let isOver = false;
  try {
    for (;;) {
      // One that fails is over, too.
      isOver = true;
      const { done, value } = await chunks.next();
      if (done) return;
      isOver = false;
      yield value;
    }
  } finally {
    if (!isOver) await chunks.return?.();
  }
}

async function drain(body: Body | undefined): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of chunksOf(body)) {
      size += chunk.length;
      if (size > 64 * 1024) return;
    }
  } catch {
    // The status says what is wrong; how the answer ended does not matter.
  }
}

import { type KgitError, RefusedError, RemoteError } from '../errors.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import type { Clock } from '../store/port/host.js';

/** What requests to a forge's API need from the outside. */
export interface ForgeAccess {
  /** Node's own fetch. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly token: string;
  /** When all requests must be done, in ms since the epoch. */
  readonly deadline: number;
}

interface Api extends ForgeAccess {
  /** `GitHub`, for messages. */
  readonly name: string;
  /** Such as `https://api.github.com`, without a slash at its end. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the token must be allowed to do, in the forge's own words. */
  readonly permission: string;
}

const MAX_ANSWER = 8 * 1024 * 1024;
const MAX_REDIRECTS = 3;
/** Longest wait that a forge may ask for before a request is repeated, in ms, and how often it is repeated. */
const MAX_WAIT_MS = 30_000;
const MAX_WAITS = 3;
const MIN_TALK_MS = 1_000;

/** Speaks JSON over https with the API of a forge. The token goes only to that host, and into no message. */
export class ForgeHttp {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sends a request and returns the JSON of its answer. Throws RemoteError, RefusedError. */
  async call(method: 'GET' | 'POST' | 'PATCH' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const { clock, deadline } = this.#api;
    for (let waits = 0; ; waits++) {
      const response = await this.#follow(method, new URL(`${this.#api.root}${path}`), body);
      const text = await this.#text(response);
      if (response.ok) return this.#json(text);
      const wait = waitOf(response, text, clock.now());
      if (wait === null) throw this.#failure(response.status, text);
      const isShort = wait <= MAX_WAIT_MS && clock.now() + wait < deadline;
      if (!isShort || waits >= MAX_WAITS) throw this.#tooMany(response.status, wait);
      await clock.sleep(wait);
    }
  }

  async #follow(method: string, url: URL, body: unknown): Promise<Response> {
    const { origin } = url;
    for (let at = url, left = MAX_REDIRECTS; ; left--) {
      const response = await this.#send(method, at, body);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      await response.body?.cancel();
      const next = URL.canParse(location, at.href) ? new URL(location, at) : null;
      // Another host must not get the token. A write is repeated only if nothing was done yet: for a renamed repository
      // Gitea answers 301 and GitHub 307, while 302 and 303 may follow a request that was carried out.
      if (
        next?.origin !== origin ||
        left === 0 ||
        (method !== 'GET' && ![301, 307, 308].includes(response.status))
      )
        throw this.#error(`sends to another place (${next?.host ?? 'nowhere'}), which kgit does not follow`, {
          cause: 'redirect',
          advice: 'Check the address of the remote: the repository may have moved',
        });
      at = next;
    }
  }

  async #send(method: string, url: URL, body: unknown): Promise<Response> {
    const { headers, deadline, clock } = this.#api;
    const timeout = Math.max(deadline - clock.now(), MIN_TALK_MS);
    try {
      return await this.#api.fetch(url.href, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
        headers: {
          ...{ accept: 'application/json', 'user-agent': 'kgit', ...headers },
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw this.#unreachable(cause);
    }
  }

  async #text(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of response.body ?? []) {
        size += chunk.length;
        if (size > MAX_ANSWER) throw new RangeError('the answer is too large');
        chunks.push(chunk);
      }
    } catch (cause) {
      throw this.#unreachable(cause);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // The text of a login page or a proxy is not worth repeating.
      throw this.#error('answers with something that is no JSON', {
        cause: 'transport',
        advice: 'See whether a proxy or a login page stands in between',
      });
    }
  }

  #unreachable(cause: unknown): KgitError {
    const inner = (cause as { cause?: { code?: string } }).cause?.code;
    const why = (cause as Error).name === 'TimeoutError' ? 'timed out' : (inner ?? (cause as Error).message);
    return this.#error(`cannot be reached (${why})`, {
      ...{ cause: 'network', remote: 'unreachable' },
      advice: 'Run the command again',
    });
  }

  /** The error for an unsuccessful status. */
  #failure(status: number, text: string): KgitError {
    const { name, permission } = this.#api;
    const said = this.#words(text);
    const tell = said ? ` (${said})` : '';
    const data = { forge: name, status };
    if (status === 401)
      return this.#error(`does not know the token${tell}`, {
        ...{ status, cause: 'unauthorized' },
        advice: 'Give a token that is valid still: KGIT_TOKEN',
      });
    if (status === 403)
      return this.#error(`does not let the token do this${tell}`, {
        ...{ status, cause: 'forbidden' },
        advice: `Let the token ${permission}`,
      });
    if (status === 404)
      return this.#error(`has no such repository, or hides it from the token${tell}`, {
        ...{ status, cause: 'not-found' },
        advice: `Check the address of the remote, and let the token ${permission}`,
      });
    if (status >= 500)
      return this.#error(`has a failure of its own (${status})`, {
        ...{ status, cause: 'server-error', remote: 'unreachable' },
        advice: 'Run the command again later',
      });
    return new RefusedError(`${name} refuses it (${status})${tell}`, {
      data: { ...data, reason: said },
      suggestions: ['Open it by hand, in the browser'],
    });
  }

  #tooMany(status: number, wait: number): KgitError {
    const seconds = Math.ceil(wait / 1000);
    return this.#error(`has had too many requests; it takes more in ${seconds} s`, {
      ...{ status, cause: 'rate-limit', remote: 'unreachable', retryAfter: seconds },
      advice: `Run the command again in ${seconds} s`,
    });
  }

  #error(
    says: string,
    { advice, remote = 'denied', ...data }: { advice: string; remote?: string } & Record<string, unknown>,
  ): RemoteError {
    const { name, root } = this.#api;
    const { host } = new URL(root);
    return new RemoteError(`${name} at ${host} ${says}`, {
      data: { forge: name, remote, ...data },
      suggestions: [advice],
    });
  }

  /** The forge's message, on one line, with everything masked that looks like a token. */
  #words(text: string): string {
    const found = new Set<string>();
    try {
      collect(JSON.parse(text), found);
    } catch {
      return '';
    }
    const words = [...found].join('; ').replaceAll(this.#api.token, '***');
    return maskSecrets(words.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')).slice(0, 300);
  }
}

/** Collects the texts of `message`, `error` and `errors` of an answer, as each forge nests them. */
function collect(json: unknown, found: Set<string>): void {
  if (typeof json === 'string') found.add(json);
  else if (Array.isArray(json)) for (const item of json.slice(0, 5)) collect(item, found);
  else if (typeof json === 'object' && json !== null)
    for (const key of ['message', 'error', 'error_description', 'errors'])
      collect((json as Record<string, unknown>)[key], found);
}

/** How long a forge asks to wait, in ms; null if it reports no limit on requests. */
function waitOf({ status, headers }: Response, text: string, now: number): number | null {
  const isLimit =
    status === 429 ||
    (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0')) ||
    (status === 403 && /rate limit/i.test(text));
  if (!isLimit) return null;
  const after = headers.get('retry-after');
  if (after !== null && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = after === null ? Number.NaN : Date.parse(after);
  const reset =
    Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? Number.NaN) * 1000;
  const until = Number.isNaN(date) ? reset : date;
  return Number.isFinite(until) ? Math.max(until - now, 0) : 60_000;
}

import {
  Client,
  connectivityState,
  credentials,
  logVerbosity,
  Metadata,
  setLogVerbosity,
  type status,
} from '@grpc/grpc-js';
import { inTime } from '../server/in-time.js';
import { ANSWER_TIMEOUT, CONNECT_TIMEOUT, wordsOf } from '../server/network-faults.js';
import { ServerErrors } from '../server/server-errors.js';
import { hostPort } from '../server/server-place.js';
import { etcdConnectFault, etcdFault, isTokenOld } from './etcd-faults.js';
import { type EtcdOptions, etcdPlace } from './etcd-options.js';
import { AuthenticateRequest, RangeRequest, WatchRequest } from './proto/requests.js';
import { AuthenticateResponse, RangeResponse, WatchResponse } from './proto/responses.js';

// With GRPC_TRACE set, the library would print tokens.
setLogVerbosity(logVerbosity.NONE);

/** Largest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024 * 1024;

/** How long one endpoint may take to accept a connection, in ms, before the next one is tried. */
const ENDPOINT_MS = 5_000;

/** A call of etcd's API. */
interface Method<Request, Response> {
  /** `/etcdserverpb.KV/Txn` */
  readonly path: string;
  readonly request: { encode(message: Request): { finish(): Uint8Array } };
  readonly response: { decode(input: Uint8Array): Response };
}

const AUTHENTICATE: Method<AuthenticateRequest, AuthenticateResponse> = {
  path: '/etcdserverpb.Auth/Authenticate',
  request: AuthenticateRequest,
  response: AuthenticateResponse,
};

/** How a call failed, in the words of the server or the library. */
class Failure {
  readonly code: status;
  readonly words: string;

  constructor(code: status, words: string) {
    this.code = code;
    this.words = words;
  }
}

/**
 * Connections to the members of an etcd cluster. A request goes to the first member that accepts a connection; once it
 * was sent, no other member gets it.
 */
export class EtcdConnection {
  readonly errors: ServerErrors;
  readonly #options: EtcdOptions;
  #client: Client | null = null;
  #connecting: Promise<Client> | null = null;
  #token: string | null = null;

  constructor(options: EtcdOptions) {
    this.#options = options;
    this.errors = new ServerErrors(`etcd at ${etcdPlace(options)}`, [options.password, options.tls?.key]);
  }

  /**
   * Sends a request and returns the answer. Throws RemoteError, with `data.remote: 'unknown'` if the request may have
   * been carried out, and RefusedError.
   * @param signal ends the wait
   */
  async call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const client = await this.#connected(signal);
    let answer = await this.#send(client, method, request, await this.#metadata(client, signal), signal);
    if (answer instanceof Failure && isTokenOld(answer.words)) {
      this.#token = null;
      answer = await this.#send(client, method, request, await this.#metadata(client, signal), signal);
    }
    if (answer instanceof Failure) throw this.#error(answer);
    return answer;
  }

  /**
   * Resolves once a key changes that is watched from now on, or when the server ends the watch, or when `signal` aborts.
   * Throws as `call` does.
   * @param created is called when the watch is in place, and may end it by returning true
   */
  async watch(key: Buffer, created: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const client = await this.#connected(signal);
    const metadata = await this.#metadata(client, signal);
    const { promise, resolve, reject } = withResolvers();
    const stream = client.makeBidiStreamRequest(
      '/etcdserverpb.Watch/Watch',
      (message: WatchRequest) => Buffer.from(WatchRequest.encode(message).finish()),
      (input: Buffer) => WatchResponse.decode(input),
      metadata,
    );
    stream.on('error', ({ code, details }: { code: status; details: string }) =>
      reject(this.#error(new Failure(code, details))),
    );
    stream.on('end', resolve);
    stream.on('data', (answer: WatchResponse) => {
      if (answer.canceled || answer.events.length > 0) resolve();
      else if (answer.created)
        created().then((isOver) => {
          if (isOver) resolve();
        }, reject);
    });
    signal.addEventListener('abort', resolve, { once: true });
    if (signal.aborted) resolve();
    stream.write({ requestUnion: { $case: 'createRequest', value: { key, startRevision: '0' } } });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', resolve);
      // The end of a stream that was canceled is an error of its own.
      stream.on('error', () => undefined);
      stream.cancel();
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = null;
  }

  #error({ code, words }: Failure): Error {
    const fault = etcdFault(code, words);
    if (fault.kind === 'unreachable' || fault.kind === 'unknown') this.close();
    return this.errors.error(fault, words);
  }

  #send<Request, Response>(
    client: Client,
    { path, request: { encode }, response: { decode } }: Method<Request, Response>,
    request: Request,
    metadata: Metadata,
    signal: AbortSignal,
  ): Promise<Response | Failure> {
    const serialize = (message: Request) => Buffer.from(encode(message).finish());
    return new Promise((resolve, reject) => {
      const stop = () => {
        reject(this.errors.error(ANSWER_TIMEOUT));
        call.cancel();
        // A member that does not answer in time is not asked again. Other calls may go on after an abort.
        if (signal.reason instanceof Error && signal.reason.name === 'TimeoutError') this.close();
      };
      const call = client.makeUnaryRequest(path, serialize, decode, request, metadata, (error, answer) => {
        signal.removeEventListener('abort', stop);
        if (error) resolve(new Failure(error.code, error.details));
        else if (answer) resolve(answer);
      });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  async #metadata(client: Client, signal: AbortSignal): Promise<Metadata> {
    const metadata = new Metadata();
    const { username: name, password } = this.#options;
    if (name === '') return metadata;
    if (this.#token === null) {
      const answer = await this.#send(client, AUTHENTICATE, { name, password }, metadata, signal);
      if (answer instanceof Failure) throw this.#error(answer);
      this.#token = answer.token;
    }
    metadata.set('token', this.#token);
    return metadata;
  }

  /** Returns a client with a connection. */
  async #connected(signal: AbortSignal): Promise<Client> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return inTime(this.#connecting, signal, () => this.errors.error(CONNECT_TIMEOUT));
  }

  /** Takes the client that there is, if it has a connection, else the first endpoint that accepts one. */
  async #connect(): Promise<Client> {
    if (this.#client && (await isReady(this.#client))) return this.#client;
    let words = '';
    for (const endpoint of this.#options.endpoints) {
      this.close();
      const client = this.#clientOf(hostPort(endpoint));
      this.#client = client;
      const isSlow = () => new Error('no connection in time');
      try {
        if (await inTime(isReady(client), AbortSignal.timeout(ENDPOINT_MS), isSlow)) return client;
        words = await connectFailure(client);
      } catch (error) {
        words = wordsOf(error);
      }
    }
    this.close();
    throw this.errors.error(etcdConnectFault(words), words);
  }

  #clientOf(address: string): Client {
    const { tls } = this.#options;
    const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
    const secure = tls && credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert));
    return new Client(address, secure ?? credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_ANSWER,
      // What failed for another client must not delay this one, and nothing is sent twice.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.enable_http_proxy': 0,
    });
  }
}

/** Waits until a client has a connection; false if it failed to make one. */
async function isReady(client: Client): Promise<boolean> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return true;
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) return false;
    await new Promise<void>((resolve) => {
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve());
    });
  }
}

/** Why a client has no connection: the library tells it only to a request, for which a harmless one is made. */
function connectFailure(client: Client): Promise<string> {
  const request = { key: Buffer.of(0), rangeEnd: Buffer.alloc(0), limit: '1', sortOrder: 0, keysOnly: true };
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/etcdserverpb.KV/Range',
      (message: RangeRequest) => Buffer.from(RangeRequest.encode(message).finish()),
      RangeResponse.decode,
      request,
      (error) => resolve(error?.details ?? ''),
    );
  });
}

function withResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((done, failed) => {
    resolve = () => done();
    reject = failed;
  });
  return { promise, resolve, reject };
}

import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import {
  ANSWER_TIMEOUT,
  BROKEN_OFF,
  CONNECT_TIMEOUT,
  connectFault,
  wordsOf,
} from '../server/network-faults.js';
import { ServerErrors } from '../server/server-errors.js';
import { hostPort } from '../server/server-place.js';
import { consulFault, NO_CONSUL } from './consul-faults.js';
import type { ConsulOptions } from './consul-options.js';

/** Largest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024 * 1024;

/** An answer of Consul's API. */
export interface ConsulAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The JSON of the body. */
  readonly json: unknown;
}

export interface ConsulRequest {
  readonly method: 'GET' | 'PUT';
  /** Such as `/v1/txn`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Statuses that are answers, beside 200. */
  readonly accepts?: readonly number[];
}

/** Speaks JSON over HTTP or HTTPS with a Consul agent. */
export class ConsulHttp {
  readonly errors: ServerErrors;
  readonly #options: ConsulOptions;
  readonly #agent: PlainAgent | SecureAgent;

  constructor(options: ConsulOptions) {
    const { token, tls } = options;
    this.#options = options;
    this.errors = new ServerErrors(`Consul at ${hostPort(options)}`, [token, tls?.key]);
    this.#agent = tls ? new SecureAgent({ keepAlive: true, ...tls }) : new PlainAgent({ keepAlive: true });
  }

  /**
   * Sends a request and returns the answer. Throws RemoteError, with `data.remote: 'unknown'` if the request may have
   * been carried out, and RefusedError.
   * @param signal ends the wait
   */
  async ask(request: ConsulRequest, signal: AbortSignal): Promise<ConsulAnswer> {
    const { status, headers, text } = await this.#exchange(request, signal);
    if (status !== 200 && !request.accepts?.includes(status))
      throw this.errors.error(consulFault(status, text), text);
    try {
      return { status, headers, json: text === '' ? null : JSON.parse(text) };
    } catch {
      throw this.errors.error(status === 200 ? NO_CONSUL : consulFault(status, text), text);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(
    { method, path, query = {}, body }: ConsulRequest,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
    const { host, port, token, tls, datacenter } = this.#options;
    const parameters = new URLSearchParams({ ...query, ...(datacenter === '' ? {} : { dc: datacenter }) });
    const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      let isConnected = false;
      const fail = (error: unknown) => {
        if (signal.aborted) return reject(this.errors.error(isConnected ? ANSWER_TIMEOUT : CONNECT_TIMEOUT));
        const fault = connectFault(error);
        // In TLS 1.3 a server looks at the client's certificate after the client may send.
        const isBroken = isConnected && fault.kind !== 'denied';
        reject(this.errors.error(isBroken ? BROKEN_OFF : fault, wordsOf(error)));
      };
      const send = tls ? secureRequest : plainRequest;
      const sent = send(
        {
          ...{ host, port, method, agent: this.#agent, signal },
          path: `${path}?${parameters}`,
          headers: {
            ...(token === '' ? {} : { 'X-Consul-Token': token }),
            ...(content ? { 'Content-Type': 'application/json', 'Content-Length': content.length } : {}),
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size > MAX_ANSWER) answer.destroy(new RangeError('the answer is too large'));
          });
          answer.on('error', fail);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              text: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      sent.on('socket', (socket) => {
        if (!socket.connecting) isConnected = true;
        else
          socket.once(tls ? 'secureConnect' : 'connect', () => {
            isConnected = true;
          });
      });
      sent.on('error', fail);
      sent.end(content ?? undefined);
    });
  }
}

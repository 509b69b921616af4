/** The HTTP client of the embedded git, on Node's own modules. It takes the place of curl, and reports in its words. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../store/port/means.js';
import { decoded } from './smart-http.js';

/** How a server is reached. */
export interface HttpOptions {
  /** PEM. */
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly isUnverified: boolean;
  /** URL of the proxy for a URL; null if there is none. */
  readonly proxyFor: (url: URL) => string | null;
}

const requestBy = ({ protocol }: URL) => (protocol === 'https:' ? httpsRequest : httpRequest);

const basic = ({ username, password }: URL) =>
  username === ''
    ? {}
    : {
        'Proxy-Authorization': `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`,
      };

/** The URL of a proxy. Throws what curl says of one that cannot be used. */
function proxyUrl(text: string): URL {
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new Error(proxy === null ? 'Unsupported proxy syntax' : `Unsupported proxy scheme ${proxy.protocol}`);
}

/** Node's HTTP client. */
export class NodeHttp implements HttpClient {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async request({ url: text, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const url = new URL(text);
    const chunks: Uint8Array[] = [];
    if (body) for await (const chunk of body) chunks.push(chunk);
    const data = Buffer.concat(chunks);
    const length = method === 'POST' ? { 'Content-Length': String(data.length) } : {};
    const asked = await this.#begin(url, { method, headers: { ...headers, ...length }, signal });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve).on('error', reject);
    });
    asked.end(data);
    const response = await answer;
    return { statusCode: response.statusCode ?? 0, headers: response.headers, body: response };
  }

  async #begin(url: URL, options: RequestOptions): Promise<ClientRequest> {
    const { ca, cert, key, isUnverified, proxyFor } = this.#options;
    const named = proxyFor(url);
    const proxy = named === null ? null : proxyUrl(named);
    const tls = { ca, cert, key, rejectUnauthorized: !isUnverified };
    if (url.protocol === 'http:') {
      if (proxy === null) return httpRequest(url, options);
      return requestBy(proxy)(proxy, {
        ...options,
        path: url.href,
        headers: { ...options.headers, Host: url.host, ...basic(proxy) },
      });
    }
    if (proxy === null) return httpsRequest(url, { ...options, ...tls });
    const socket = await tunnel(proxy, url, options.signal ?? undefined);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // An address is checked against the certificate, but is no name to ask for.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const secured: TLSSocket = connect({ ...tls, ...name, host, socket });
    // With an agent, even a new one, Node would open a connection of its own.
    return httpsRequest(url, { ...options, createConnection: () => secured });
  }
}

/** Opens a connection to a host through a proxy. */
function tunnel(
  proxy: URL,
  { hostname, port }: URL,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage['socket']> {
  const path = `${hostname}:${port || 443}`;
  return new Promise((resolve, reject) => {
    requestBy(proxy)(proxy, {
      method: 'CONNECT',
      path,
      headers: { Host: path, ...basic(proxy) },
      agent: false,
      signal,
    })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) resolve(socket);
        else {
          // Left open, it would keep the process from ending.
          socket.destroy();
          reject(new Error(`CONNECT tunnel failed, response ${statusCode}`));
        }
      })
      .on('response', ({ statusCode }) => reject(new Error(`CONNECT tunnel failed, response ${statusCode}`)))
      .on('error', reject)
      .end();
  });
}

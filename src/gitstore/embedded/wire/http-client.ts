/** The HTTP client of the embedded git, on Node's own modules. It takes the place of curl, and reports in its words. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
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

const basic = ({ username, password }: URL) =>
  username === ''
    ? {}
    : {
        'Proxy-Authorization': `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`,
      };

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
    const proxy = proxyFor(url);
    const tls = { ca, cert, key, rejectUnauthorized: !isUnverified };
    if (url.protocol === 'http:') {
      if (proxy === null) return httpRequest(url, options);
      const via = new URL(proxy);
      return httpRequest(via, {
        ...options,
        path: url.href,
        headers: { ...options.headers, Host: url.host, ...basic(via) },
      });
    }
    if (proxy === null) return httpsRequest(url, { ...options, ...tls });
    const socket = await tunnel(new URL(proxy), url, options.signal ?? undefined);
    const secured: TLSSocket = connect({ ...tls, socket, servername: url.hostname });
    return httpsRequest(url, { ...options, agent: false, createConnection: () => secured });
  }
}

/** Opens a connection to a host through a proxy. */
function tunnel(
  proxy: URL,
  { hostname, port }: URL,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage['socket']> {
  const path = `${hostname}:${port || 443}`;
  const begin = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    begin(proxy, { method: 'CONNECT', path, headers: { Host: path, ...basic(proxy) }, agent: false, signal })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) resolve(socket);
        else reject(new Error(`CONNECT tunnel failed, response ${statusCode}`));
      })
      .on('response', ({ statusCode }) => reject(new Error(`CONNECT tunnel failed, response ${statusCode}`)))
      .on('error', reject)
      .end();
  });
}

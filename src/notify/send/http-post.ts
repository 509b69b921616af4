/** Sends one HTTP request to a receiver. Every ending is a value. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { hasCode } from '../../model/value/error-codes.js';

/** Bytes of an answer that are kept; no more is read. */
const MAX_ANSWER = 4096;

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type PostEnd =
  | {
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** Its beginning. */
      readonly answer: string;
    }
  | { readonly problem: string };

/** What the system says of a connection that failed, without addresses. */
function problemOf(error: unknown): string {
  if (hasCode(error, 'ECONNREFUSED')) return 'the connection is refused';
  if (hasCode(error, 'ENOTFOUND', 'EAI_AGAIN', 'ENODATA')) return 'its name cannot be resolved';
  if (hasCode(error, 'ECONNRESET', 'EPIPE', 'ECONNABORTED')) return 'the connection was cut';
  if (hasCode(error, 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT')) return 'it cannot be reached';
  if (hasCode(error, 'CERT_HAS_EXPIRED')) return 'its certificate has expired';
  if (hasCode(error, 'ERR_TLS_CERT_ALTNAME_INVALID')) return 'its certificate is for another name';
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return `the request failed (${error.code.slice(0, 60)})`;
  return 'the request failed';
}

/** Reads the beginning of an answer. One that is cut off behind its head still counts by its status. */
function beginningOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = () => resolve(Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString('utf8'));
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_ANSWER) response.destroy();
    });
    response.on('end', end).on('error', end).on('close', end);
  });
}

/**
 * Posts a body. Certificates are checked whatever the environment says, no redirect is followed, and no proxy is used:
 * a connection is made to the address alone.
 */
export function httpPost({ url, headers, body, timeoutMs, signal }: Post): Promise<PostEnd> {
  return new Promise((resolve) => {
    const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const bytes = Buffer.from(body, 'utf8');
    const asked = begin(url, {
      method: 'POST',
      // A connection of its own: one that the receiver closes meanwhile would fail the next message.
      agent: false,
      rejectUnauthorized: true,
      headers: { ...headers, 'content-length': String(bytes.length), 'user-agent': 'kgit' },
      signal,
    });
    const end = (ended: PostEnd) => {
      clearTimeout(timer);
      resolve(ended);
      asked.destroy();
    };
    const timer = setTimeout(
      () => end({ problem: `it did not answer within ${Math.round(timeoutMs / 1000)} s` }),
      timeoutMs,
    );
    asked.on('error', (error) => end({ problem: signal.aborted ? 'stopped' : problemOf(error) }));
    asked.on('response', (response) => {
      const { statusCode: status = 0, headers: said } = response;
      beginningOf(response).then(
        (answer) => end({ status, retryAfter: said['retry-after'], answer }),
        (error: unknown) => end({ problem: problemOf(error) }),
      );
    });
    asked.end(bytes);
  });
}

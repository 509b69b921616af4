import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { ServeEnv } from '../parts.js';

const zipped = promisify(gzip);
/** Smaller answers are sent as they are, in bytes: headers and one packet are there anyway. */
const LEAST_ZIPPED = 1_024;

type Json = Readonly<Record<string, unknown>>;

/** A document ready to be sent. */
export interface ReadyAnswer {
  /** Weak, since it stands for the compressed form too. */
  readonly tag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Null if compressing it is not worth it. */
  readonly zipped: Uint8Array<ArrayBuffer> | null;
}

/**
 * Serializes and compresses a document.
 * @param version identifies its content among all answers for the same path; by default a digest of the content. The time
 * of the last fetch is not part of it: with nothing new, an answer stays as it was
 */
export async function readyAnswer(document: Json, version?: string): Promise<ReadyAnswer> {
  const plain = new TextEncoder().encode(JSON.stringify(document));
  const tag = `W/"${version ?? digest(document, plain)}"`;
  return { tag, plain, zipped: plain.length < LEAST_ZIPPED ? null : new Uint8Array(await zipped(plain)) };
}

function digest(document: Json, plain: Uint8Array): string {
  const { repository, ...rest } = document;
  if (typeof repository !== 'object' || repository === null) return hash(plain);
  return hash(JSON.stringify({ ...rest, repository: { ...repository, fetchedAt: null } }));
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27);
}

/** Whether the client has what a tag stands for, so that 304 answers it. */
export function hasAlready(c: Context<ServeEnv>, tag: string): boolean {
  const known = c.req.header('If-None-Match');
  if (known === undefined) return false;
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  return known.trim() === '*' || known.split(',').some((one) => bare(one) === bare(tag));
}

const HEADERS = { 'Cache-Control': 'private, no-cache', Vary: 'Accept-Encoding' };

/** Answers that the client has it already. */
export function unchangedAnswer(c: Context<ServeEnv>, tag: string) {
  return c.body(null, 304, { ...HEADERS, ETag: tag });
}

/** Sends a document, compressed if the client takes that; 304 if the client has it already. */
export function sendAnswer(c: Context<ServeEnv>, answer: ReadyAnswer) {
  if (hasAlready(c, answer.tag)) return unchangedAnswer(c, answer.tag);
  const headers = { ...HEADERS, ETag: answer.tag, 'Content-Type': 'application/json; charset=utf-8' };
  if (answer.zipped === null || !takesGzip(c.req.header('Accept-Encoding') ?? ''))
    return c.body(answer.plain, 200, headers);
  return c.body(answer.zipped, 200, { ...headers, 'Content-Encoding': 'gzip' });
}

function takesGzip(header: string): boolean {
  return header.split(',').some((part) => {
    const [coding = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    return (coding === 'gzip' || coding === '*') && !parameters.some((word) => /^q=0(\.0*)?$/.test(word));
  });
}

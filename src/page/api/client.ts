import { learnServerTime } from '../state/clock.js';
import type { Kind, Results } from './results.js';

/** Why the server gave no answer: its own words, or that it could not be reached. */
export class ApiFailure extends Error {
  constructor(
    /** HTTP status; null if nothing answered. */
    readonly status: number | null,
    message: string,
    readonly suggestions: readonly string[] = [],
    /** Whether the server is still preparing the answer, and will have it soon. */
    readonly isPreparing = false,
  ) {
    super(message);
  }
}

interface Kept {
  readonly etag: string;
  readonly answer: unknown;
}

/** Answers by path, for `If-None-Match`; the one asked for longest ago is forgotten first. */
const kept = new Map<string, Kept>();
const MOST_KEPT = 40;

function keep(path: string, one: Kept): void {
  kept.delete(path);
  kept.set(path, one);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

function isAnswer<K extends keyof Results>(value: unknown, kind: K): value is Results[K] {
  if (typeof value !== 'object' || value === null) return false;
  return 'apiVersion' in value && value.apiVersion === 'kgit/v1' && 'kind' in value && value.kind === kind;
}

/**
 * Asks the server for a document of a kind. An answer that did not change is the same object as before. Throws
 * ApiFailure; what `signal` aborts rejects with its AbortError.
 */
export async function ask<K extends Kind>(kind: K, path: string, signal: AbortSignal): Promise<Results[K]> {
  const before = kept.get(path);
  const response = await fetchAnswer(path, before?.etag ?? null, signal);
  learnServerTime(response.headers.get('date'));
  if (response.status === 304 && before && isAnswer(before.answer, kind)) return before.answer;
  const answer = await readAnswer(response, signal);
  if (!response.ok) throw failureOf(response, answer);
  if (!isAnswer(answer, kind))
    throw new ApiFailure(response.status, 'The server answers in another language.', [
      'Reload the page: kgit may have been updated',
    ]);
  const etag = response.headers.get('etag');
  if (etag !== null) keep(path, { etag, answer });
  return answer;
}

async function fetchAnswer(path: string, etag: string | null, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, {
      headers: { accept: 'application/json', ...(etag === null ? {} : { 'if-none-match': etag }) },
      cache: 'no-store',
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiFailure(null, 'The kgit server does not answer.');
  }
}

/** Null for what is not JSON, such as the error page of a proxy. */
async function readAnswer(response: Response, signal: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

function failureOf({ status, headers }: Response, answer: unknown): ApiFailure {
  const isPreparing = status === 503 && headers.has('retry-after');
  if (isAnswer(answer, 'Error'))
    return new ApiFailure(status, answer.error.message, answer.error.suggestions, isPreparing);
  return new ApiFailure(status, `The kgit server answers with status ${status}.`);
}

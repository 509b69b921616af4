/** Means that a caller may hand in in place of Node's own. */
import type nodeFs from 'node:fs/promises';

/** A file system: the part of `node:fs/promises` that drivers use. */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'readFile'
  | 'open'
  | 'rename'
  | 'link'
  | 'mkdir'
  | 'readdir'
  | 'stat'
  | 'lstat'
  | 'unlink'
  | 'rmdir'
  | 'readlink'
  | 'symlink'
>;

/** A request over HTTP, as clients for isomorphic-git take it. */
export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterableIterator<Uint8Array>;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/** An HTTP client. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

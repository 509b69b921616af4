import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { getMimeType } from 'hono/utils/mime';

/** Encodings, best first, and the endings of the files that have them. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly content: Bytes;
  /** The same, compressed, where that is smaller; best encoding first. */
  readonly encoded: readonly { readonly encoding: string; readonly content: Bytes }[];
}

/**
 * Reads the built page once, so that no request leads to the file system.
 * @returns the files by their path in the URL; none if the page was not built
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const isEncoded = (path: string) => ENCODINGS.some(([, ending]) => path.endsWith(ending));
  return new Map(
    paths
      .filter((path) => !isEncoded(path))
      .map((path) => [`/${path.split(sep).join('/')}`, readPageFile(folder, path, paths)]),
  );
}

function readPageFile(folder: string, path: string, paths: readonly string[]): PageFile {
  const content = Uint8Array.from(readFileSync(join(folder, path)));
  const encoded = ENCODINGS.filter(([, ending]) => paths.includes(path + ending))
    .map(([encoding, ending]) => ({
      encoding,
      content: Uint8Array.from(readFileSync(join(folder, path + ending))),
    }))
    .filter((one) => one.content.length < content.length);
  const etag = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { type: getMimeType(path) ?? 'application/octet-stream', etag, content, encoded };
}

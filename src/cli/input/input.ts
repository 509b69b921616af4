import { createReadStream } from 'node:fs';
import { UsageError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';

/**
 * Reads a whole stream as text. Throws UsageError beyond `limit` bytes and for invalid UTF-8.
 * @param name the stream's name in messages
 */
async function readBounded(
  stream: AsyncIterable<Buffer | string>,
  limit: number,
  name: string,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > limit) throw new UsageError(`${name} is larger than ${Math.floor(limit / 1024)} KiB`);
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new UsageError(`${name} is not UTF-8 text`, { cause });
  }
}

/** Reads a whole file as text; `-` is standard input. Throws UsageError if it cannot be read. */
export async function readFileBounded(
  path: string,
  stdin: AsyncIterable<Buffer | string>,
  limit: number,
): Promise<string> {
  if (path === '-') return readBounded(stdin, limit, 'standard input');
  try {
    return await readBounded(createReadStream(path), limit, path);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR')) throw cause;
    throw new UsageError(`${path} cannot be read`, { cause, data: { path } });
  }
}

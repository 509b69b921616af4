/** What is needed of a file system to read files: a part of `FileSystem`. */
export interface ReadableFiles {
  readdir(path: string): Promise<string[]>;
  open(
    path: string,
    flags: 'r',
  ): Promise<{
    stat(): Promise<{ readonly size: number }>;
    read(into: Buffer, at: number, length: number, from: number): Promise<{ readonly bytesRead: number }>;
    close(): Promise<void>;
  }>;
}

/** Bytes that are read at once. */
const BLOCK = 64 * 1024;
/** Most blocks that are kept: 16 MiB. */
const MAX_BLOCKS = 256;

/** Reads parts of large files that never change. No file stays open. */
export class FileBlocks {
  readonly #fs: ReadableFiles;
  /** The one that was used last is at the end. */
  readonly #kept = new Map<string, Buffer>();

  constructor(fs: ReadableFiles) {
    this.#fs = fs;
  }

  /** Reads a part of a file; less if the file ends before. Throws as the file system does. */
  async read(path: string, from: number, length: number): Promise<Buffer> {
    const [first, last] = [Math.floor(from / BLOCK), Math.floor((from + length - 1) / BLOCK)];
    const blocks: Buffer[] = [];
    for (let number = first; number <= last; number++) {
      const key = `${path}:${number}`;
      const known = this.#kept.get(key);
      if (known === undefined) break;
      this.#kept.delete(key);
      this.#kept.set(key, known);
      blocks.push(known);
    }
    const missing = first + blocks.length;
    if (missing <= last) blocks.push(...(await this.#load(path, missing, last)));
    const [only, more] = blocks;
    const all = more === undefined && only !== undefined ? only : Buffer.concat(blocks);
    return all.subarray(from - first * BLOCK, from - first * BLOCK + length);
  }

  async #load(path: string, first: number, last: number): Promise<Buffer[]> {
    const handle = await this.#fs.open(path, 'r');
    let all: Buffer;
    let filled = 0;
    try {
      // A damaged index asks for more than there is.
      const end = Math.min(last, Math.floor((await handle.stat()).size / BLOCK));
      all = Buffer.allocUnsafe(Math.max(0, end - first + 1) * BLOCK);
      for (let got = -1; got !== 0 && filled < all.length; filled += got)
        ({ bytesRead: got } = await handle.read(all, filled, all.length - filled, first * BLOCK + filled));
    } finally {
      await handle.close();
    }
    const blocks: Buffer[] = [];
    for (let number = first; (number - first) * BLOCK < all.length; number++) {
      const at = (number - first) * BLOCK;
      const block = all.subarray(at, Math.min(at + BLOCK, Math.max(filled, at)));
      blocks.push(block);
      // A copy, so that one block does not keep all that came with it.
      if (last - first < MAX_BLOCKS / 4)
        this.#keep(`${path}:${number}`, last === first ? block : Buffer.from(block));
    }
    return blocks;
  }

  #keep(key: string, block: Buffer): void {
    this.#kept.set(key, block);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_BLOCKS) break;
      this.#kept.delete(oldest);
    }
  }
}

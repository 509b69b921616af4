/** Why bytes are no text, and where, counted from 1. */
export interface BadBytes {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Where the first byte stands that no UTF-8 text has. */
function badByte(bytes: Buffer): BadBytes {
  const decoder = new TextDecoder('utf-8');
  // What was decoded wrongly is the replacement character; encoded again it differs from what was there.
  const again = Buffer.from(decoder.decode(bytes));
  const start = bytes.subarray(0, 3).equals(UTF8_MARK) ? 3 : 0;
  let at = 0;
  while (at < again.length && again[at] === bytes[at + start]) at++;
  const before = new TextDecoder().decode(bytes.subarray(start, at + start)).split(/\r\n|\r|\n/);
  return { message: 'is not valid UTF-8', line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The encoding that the mark at the beginning of a file tells, as yq goes by it. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/** The text of a file in UTF-8, or in UTF-16 with a mark that says so; what is wrong with it where it is neither. */
export function decodeText(bytes: Buffer): string | BadBytes {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // What is wrong with it is told to the reader.
    return encoding === 'utf-8' ? badByte(bytes) : { message: 'is not valid UTF-16', line: 1, column: 1 };
  }
}

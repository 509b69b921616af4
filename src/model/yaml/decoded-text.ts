/** Why bytes are not valid text, and where; line and column count from 1. */
export interface BadBytes {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The position of the first byte that is invalid in UTF-8. */
function badByte(bytes: Buffer): BadBytes {
  const decoder = new TextDecoder('utf-8');
  // Invalid bytes decode to the replacement character, which encodes differently.
  const again = Buffer.from(decoder.decode(bytes));
  const start = bytes.subarray(0, 3).equals(UTF8_MARK) ? 3 : 0;
  let at = 0;
  while (at < again.length && again[at] === bytes[at + start]) at++;
  const before = new TextDecoder().decode(bytes.subarray(start, at + start)).split(/\r\n|\r|\n/);
  return { message: 'is not valid UTF-8', line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The encoding according to the byte order mark, as in yq. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/** Decodes a file in UTF-8, or in UTF-16 with a byte order mark; returns the fault if it is neither. */
export function decodeText(bytes: Buffer): string | BadBytes {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // The caller reports the fault.
    return encoding === 'utf-8' ? badByte(bytes) : { message: 'is not valid UTF-16', line: 1, column: 1 };
  }
}

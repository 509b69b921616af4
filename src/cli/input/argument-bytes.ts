import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { UsageError } from '../../errors.js';

/** The replacement character, which Node puts in place of bytes that are not UTF-8. It can also be typed as such. */
const REPLACED = '\ufffd';

/** Returns the arguments of this process as bytes; null if the system does not provide them. */
function argumentBytes(): Buffer | null {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    // Only Linux has it, and not in every container.
    return null;
  }
}

/**
 * Throws UsageError for arguments that are not valid UTF-8: Node has replaced their bytes, so kgit would record
 * something other than what was given.
 */
export function checkArgumentBytes(argv: readonly string[]): void {
  const broken = argv.find((word) => word.includes(REPLACED));
  if (broken === undefined) return;
  const bytes = argumentBytes();
  if (bytes !== null && isUtf8(bytes)) return;
  throw new UsageError(`the argument ${JSON.stringify(broken.slice(0, 80))} is not UTF-8 text`, {
    suggestions: ['Convert it first, for example with iconv -f latin1 -t utf-8'],
  });
}

import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { UsageError } from '../../errors.js';

/** What stands in an argument where its bytes are no UTF-8 text, and is a character of its own, too. */
const REPLACED = '\ufffd';

/** The arguments of this process as bytes; null where the system does not tell them. */
function argumentBytes(): Buffer | null {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    // Only Linux has it, and not in every container.
    return null;
  }
}

/**
 * Throws UsageError for arguments that are no UTF-8 text: Node has put replacement characters where their bytes were,
 * so what would be recorded is not what was given.
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

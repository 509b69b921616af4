import type { CommandResult, Screen } from '../../terminal/output.js';
import { standardError } from '../../terminal/standard-streams.js';
import { styleFor } from '../../terminal/style.js';

/** Prints the text result on stderr, for commands whose stdout belongs to the program they run. */
export function printBesideCommand(result: CommandResult, screen: Screen, isWide: boolean): void {
  const style = styleFor(standardError.isTTY, process.env);
  for (const line of result.lines({ ...screen, style }, isWide)) standardError.write(`${line}\n`);
}

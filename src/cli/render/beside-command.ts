import type { CommandResult, Screen } from '../../terminal/output.js';
import { styleFor } from '../../terminal/style.js';

/** Prints the text result on stderr, for commands whose stdout belongs to the program they run. */
export function printBesideCommand(result: CommandResult, screen: Screen, isWide: boolean): void {
  const style = styleFor(process.stderr.isTTY === true, process.env);
  for (const line of result.lines({ ...screen, style }, isWide)) process.stderr.write(`${line}\n`);
}

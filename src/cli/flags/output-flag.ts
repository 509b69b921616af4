import { Flags } from '@oclif/core';
import { FORMATS, type Format } from '../../terminal/output.js';

/** Help group of the flags that every command has. */
export const GLOBAL = 'GLOBAL';

/** Builds the output format flag, with the formats of every command and `more` that one command adds. */
export function outputFlag(...more: readonly Format[]) {
  const options: readonly Format[] = [...FORMATS, ...more];
  return Flags.option({
    char: 'o',
    options,
    default: 'text' as Format,
    helpGroup: GLOBAL,
    helpValue: options.join('|'),
    summary: 'How the result is printed.',
  })();
}

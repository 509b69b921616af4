import { Flags } from '@oclif/core';
import { FORMATS, type Format } from '../../terminal/output.js';

/** The group of help of the flags that every command has. */
export const GLOBAL = 'GLOBAL';

/** The flag of the output format: those that every command has, and `more` that one has beside them. */
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

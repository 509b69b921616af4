import type { Interfaces } from '@oclif/core';
import type { COMMON_FLAGS } from '../flags/common-flags.js';

/** What the class of a command declares: the source of the types of `flags` and `args`. */
export interface CommandClass {
  readonly flags: Interfaces.FlagInput<object>;
  readonly args: Interfaces.ArgInput<object>;
}

/** The values of the flags of every command. */
export type CommonFlags = Interfaces.InferredFlags<typeof COMMON_FLAGS>;
/** The values of the flags that a command declares itself. */
export type OwnFlags<T extends CommandClass> = Interfaces.InferredFlags<T['flags']>;

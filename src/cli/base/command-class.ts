import type { Interfaces } from '@oclif/core';
import type { COMMON_FLAGS } from '../flags/common-flags.js';

/** The statics of a command class, from which the types of `flags` and `args` are inferred. */
export interface CommandClass {
  readonly flags: Interfaces.FlagInput<object>;
  readonly args: Interfaces.ArgInput<object>;
}

/** Values of the flags that every command has. */
export type CommonFlags = Interfaces.InferredFlags<typeof COMMON_FLAGS>;
/** Values of the flags that a command declares itself. */
export type OwnFlags<T extends CommandClass> = Interfaces.InferredFlags<T['flags']>;

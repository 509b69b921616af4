/** What of oclif uses all of its configuration. Loaded on demand. */
export { Config, run } from '@oclif/core';

/** oclif's own way to run a command line, with all of its configuration. Loaded on demand. */
export { run } from '@oclif/core';

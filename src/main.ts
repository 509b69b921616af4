import { run } from '@oclif/core';

/** Runs the command line of this process. */
export async function main(): Promise<void> {
  await run(process.argv.slice(2), import.meta.url);
}

import type { GitResult } from './git.js';

const TRIES = 4;
/** Another fetch of this clone moved the ref between git's look at it and its move: that says nothing of the remote. */
const DISTURBED =
  /^(?!remote:).*cannot lock ref '[^']+': (is at [0-9a-f]+ but expected|reference already exists)/m;

/** Runs a fetch, again where another one of the same clone got in its way. */
export async function untilUndisturbed(fetch: () => Promise<GitResult>): Promise<GitResult> {
  for (let left = TRIES - 1; ; left--) {
    const result = await fetch();
    if (result.code === 0 || left === 0 || !DISTURBED.test(result.stderr)) return result;
  }
}

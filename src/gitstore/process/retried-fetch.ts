import type { GitResult } from './git.js';

const TRIES = 4;
/** Another fetch of this clone moved the ref at the same time: no fault of the remote. */
const DISTURBED =
  /^(?!remote:).*cannot lock ref '[^']+': (is at [0-9a-f]+ but expected|reference already exists)/m;

/** Runs a fetch, and retries if another fetch of the same clone interfered. */
export async function retriedFetch(fetch: () => Promise<GitResult>): Promise<GitResult> {
  for (let left = TRIES - 1; ; left--) {
    const result = await fetch();
    if (result.code === 0 || left === 0 || !DISTURBED.test(result.stderr)) return result;
  }
}

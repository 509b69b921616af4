/** Options of every fetch of ours; the remote and refspecs come behind them. */
export const FETCH_OPTIONS: readonly string[] = [
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-gc',
  '--no-write-fetch-head',
  // A copied repository may name another program, and git would run it.
  '--upload-pack=git-upload-pack',
];

/** Options of every push of ours; the remote and refspecs come behind them. */
export const PUSH_OPTIONS: readonly string[] = [
  '--porcelain',
  '--no-verify',
  '--no-follow-tags',
  '--recurse-submodules=no',
  '--no-signed',
  '--receive-pack=git-receive-pack',
];

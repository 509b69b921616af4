/** For whatever asks a remote: a copied repository may name another program, and git would run it. */
export const UPLOAD_PACK = '--upload-pack=git-upload-pack';
/** The same for a push. */
export const RECEIVE_PACK = '--receive-pack=git-receive-pack';

/** Options of every fetch of ours; the remote and refspecs come behind them. */
export const FETCH_OPTIONS: readonly string[] = [
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-gc',
  '--no-write-fetch-head',
  // Its report is believed where it says of a ref that it went forwards; a user's setting could make it say so untested.
  '--show-forced-updates',
  UPLOAD_PACK,
];

/** Options of every push of ours; the remote and refspecs come behind them. */
export const PUSH_OPTIONS: readonly string[] = [
  '--porcelain',
  '--no-verify',
  '--no-follow-tags',
  '--recurse-submodules=no',
  '--no-signed',
  RECEIVE_PACK,
];

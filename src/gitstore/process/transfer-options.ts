/** For every fetch and ls-remote: a copied repository may name another program, and git would run it. */
export const UPLOAD_PACK = '--upload-pack=git-upload-pack';
/** The same for a push. */
export const RECEIVE_PACK = '--receive-pack=git-receive-pack';

/** Options of every fetch; remote and refspecs follow. */
export const FETCH_OPTIONS: readonly string[] = [
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-gc',
  '--no-write-fetch-head',
  // kgit relies on git's report that a ref was fast-forwarded; a user's setting could switch off the check.
  '--show-forced-updates',
  UPLOAD_PACK,
];

/** Options of every push; remote and refspecs follow. */
export const PUSH_OPTIONS: readonly string[] = [
  '--porcelain',
  '--no-verify',
  '--no-follow-tags',
  '--recurse-submodules=no',
  '--no-signed',
  RECEIVE_PACK,
];

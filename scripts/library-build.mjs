import { fileURLToPath } from 'node:url';

/** Leaves out blanks, a quarter of the bytes. Names stay, and short lines, so that a stack trace leads to its place. */
export const SMALL = { minifyWhitespace: true, lineLimit: 160 };

/** Options for bundling the library by itself, so that it does not change the chunks of the command line. */
export const libraryBuild = {
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  entryPoints: ['src/library/library.ts'],
  outdir: 'dist',
  splitting: true,
  chunkNames: 'library-[name]-[hash]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
  logLevel: 'warning',
  ...SMALL,
};

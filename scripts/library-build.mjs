import { fileURLToPath } from 'node:url';

/** How the library is bundled: by itself, so that the command line's chunks stay as they are. */
export const libraryBuild = {
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  entryPoints: ['src/library/library.ts'],
  outfile: 'dist/library.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
  logLevel: 'warning',
};

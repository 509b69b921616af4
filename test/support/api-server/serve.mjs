/**
 * A stand-in for a k0rdent management cluster, to try kgit without one:
 *   node test/support/api-server/serve.mjs [--clusters 1000]
 * prints the path of a kubeconfig and serves until it is killed. Its contexts: admin, viewer, reader, team, nobody.
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const outfile = join(root, 'node_modules/.cache/kgit/api-server.mjs');
await build({
  entryPoints: [fileURLToPath(new URL('serve.ts', import.meta.url))],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
  banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
});
const { serve } = await import(pathToFileURL(outfile).href);
await serve(root, process.argv.slice(2));

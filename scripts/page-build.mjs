/** Bundles the page of `kgit serve` into `dist/page/`: names with a hash of the content, compressed beforehand. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** HTML, scripts and styles together may have this many bytes after gzip. */
const MOST_BYTES = 80 * 1024;

/** What the bundle may be made of: the page's own files, and two packages. */
const OWN = /^src\/page\/|(^|\/)node_modules\/(preact|uplot)\//;

/**
 * Writes `index.html` and `assets/`, each file also as `.gz` and `.br`. Throws if the page is too large or takes code from
 * elsewhere: it may import nothing but types from the rest of kgit.
 * @returns the bytes of HTML, scripts and styles after gzip, and what esbuild says of the bundles
 * @param root the folder of the package
 */
export async function buildPage(root) {
  const shared = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    target: ['chrome111', 'firefox113', 'safari16.4'],
    write: false,
    metafile: true,
    outdir: join(root, 'dist/page/assets'),
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    tsconfig: join(root, 'src/page/tsconfig.json'),
  };
  const [page, theme] = await Promise.all([
    build({
      ...shared,
      entryPoints: ['src/page/main.tsx', 'src/page/styles/page.css'],
      format: 'esm',
      splitting: true,
    }),
    build({ ...shared, entryPoints: ['src/page/theme.ts'], format: 'iife' }),
  ]);
  const inputs = [page, theme].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const foreign = inputs.filter((input) => !OWN.test(input));
  if (foreign.length > 0) throw new Error(`the page takes code from elsewhere: ${foreign.join(', ')}`);

  const icon = readFileSync(join(root, 'src/page/icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  const files = new Map([[`assets/${iconName}`, icon]]);
  for (const { path, contents } of [...page.outputFiles, ...theme.outputFiles])
    files.set(`assets/${basename(path)}`, Buffer.from(contents));
  const asset = (start, ending) =>
    `/${[...files.keys()].find((name) => name.startsWith(`assets/${start}-`) && name.endsWith(ending))}`;
  // The view that most users open first comes with the page, and what the page itself is made of with it.
  const preloads = [...page.outputFiles]
    .map(({ path }) => `/assets/${basename(path)}`)
    .filter((path) => /^\/assets\/(fleet|chunk)-.*\.js$/.test(path))
    .map((path) => `<link rel="modulepreload" href="${path}">`);
  const places = {
    icon: `/assets/${iconName}`,
    theme: asset('theme', '.js'),
    style: asset('page', '.css'),
    main: asset('main', '.js'),
    preloads: preloads.join('\n    '),
  };
  const template = readFileSync(join(root, 'src/page/index.html'), 'utf8');
  files.set('index.html', Buffer.from(template.replace(/\{\{(\w+)\}\}/g, (_, name) => places[name])));

  rmSync(join(root, 'dist/page'), { recursive: true, force: true });
  mkdirSync(join(root, 'dist/page/assets'), { recursive: true });
  let size = 0;
  for (const [name, content] of files) {
    const gzip = gzipSync(content, { level: 9 });
    if (/\.(html|js|css)$/.test(name)) size += gzip.length;
    writeFileSync(join(root, 'dist/page', name), content);
    writeFileSync(join(root, 'dist/page', `${name}.gz`), gzip);
    writeFileSync(
      join(root, 'dist/page', `${name}.br`),
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    );
  }
  if (size > MOST_BYTES) throw new Error(`the page has ${size} bytes after gzip, more than ${MOST_BYTES}`);
  return { bytes: size, metafiles: [page.metafile, theme.metafile] };
}

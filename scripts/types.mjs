/**
 * Writes the declarations of the library, and only those that they need, to `dist/types` before packing. `npm run typecheck`
 * checks the sources.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/types');
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram([join(root, 'src/library/library.ts')], {
  ...options,
  noEmit: false,
  noCheck: true,
  declaration: true,
  emitDeclarationOnly: true,
  stripInternal: true,
  rootDir: join(root, 'src'),
  outDir: out,
});
const emitted = new Map();
const { diagnostics } = program.emit(undefined, (path, text) => {
  emitted.set(relative(out, path).replaceAll('\\', '/'), text);
});
if (diagnostics.length > 0) {
  process.stderr.write(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
const wanted = ['library/library.d.ts'];
for (const path of wanted) {
  const text = emitted.get(path);
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), text);
  for (const [, from] of text.matchAll(/from '(\.[^']+)\.js'/g)) {
    const next = `${posix.join(posix.dirname(path), from)}.d.ts`;
    if (!wanted.includes(next)) wanted.push(next);
  }
}

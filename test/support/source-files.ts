import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** One import of a source file. */
export interface Import {
  /** A path below src/, such as `model/event/event.ts`, or the name of a package. */
  readonly target: string;
  readonly isOwn: boolean;
  readonly isTypeOnly: boolean;
}

/** A file of src/: what it imports, and the places where it touches the process, prints, or asks for time or chance. */
export interface SourceFile {
  /** Below src/. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly impurities: readonly string[];
}

/** The files below a folder of the project with one of these endings, as paths from the project's root. */
export function filesBelow(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
    .sort();
}

function importOf(from: string, specifier: string, isTypeOnly: boolean): Import {
  const isOwn = specifier.startsWith('.');
  const target = isOwn ? posix.join(dirname(from), specifier).replace(/\.js$/, '.ts') : specifier;
  return { target, isOwn, isTypeOnly };
}

function importIn(node: ts.Node, from: string): Import | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return importOf(
      from,
      node.moduleSpecifier.text,
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
    );
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return importOf(from, node.moduleSpecifier.text, node.isTypeOnly);
  }
  const [argument] = ts.isCallExpression(node) ? node.arguments : [];
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isCall && argument && ts.isStringLiteral(argument) ? importOf(from, argument.text, false) : null;
}

/** What is not pure in `node`, as it stands in the text; null where it is. */
function impurityIn(node: ts.Node): string | null {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    return 'new Date()';
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return null;
  const object = node.expression.getText().replace(/^globalThis\./, '');
  // Signalling a child is a part of running one.
  if (node.getText() === 'process.kill') return null;
  if (object === 'process' || object === 'console') return node.getText();
  return /^(Date\.now|Math\.random|performance\.now)$/.test(node.getText()) ? node.getText() : null;
}

/** Reads a source text, as the file `path` below src/. */
export function parseSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const impurities: string[] = [];
  const visit = (node: ts.Node): void => {
    const found = importIn(node, path);
    if (found) imports.push(found);
    const impurity = impurityIn(node);
    if (impurity) impurities.push(impurity);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return { path, imports, impurities };
}

/** All files of src/. */
export function readSources(): SourceFile[] {
  return filesBelow('src', '.ts').map((file) =>
    parseSource(file.slice('src/'.length), readFileSync(join(root, file), 'utf8')),
  );
}

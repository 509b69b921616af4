import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** A source file below `src/`: what it imports, and which capabilities it takes for itself. */
export interface SourceFile {
  /** Below `src/`, such as `model/event/event.ts`. */
  readonly path: string;
  /** Targets of its imports, of types too: paths below `src/` with `.ts`, and names of packages and Node modules. */
  readonly imports: readonly string[];
  /** `process`, `clock`, `chance`, `require`, `eval`, `computed import`, or the name of a global that is not harmless. */
  readonly uses: readonly string[];
}

/** The files below a folder of the project with one of these endings, as paths from the project's root. */
export function filesBelow(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
    .sort();
}

/** Globals that compute and nothing else. Any other global that a file uses is a capability. */
const HARMLESS = new Set(
  [
    'AbortController AbortSignal Array ArrayBuffer Atomics BigInt Boolean Buffer DataView Error Float64Array Infinity JSON Map',
    'NaN Number Object Promise Proxy RangeError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError',
    'TextDecoder TextEncoder TypeError URL URLSearchParams URIError Uint8Array Uint32Array WeakMap WeakRef WeakSet',
    'clearImmediate clearInterval clearTimeout decodeURIComponent encodeURIComponent isNaN parseFloat parseInt',
    'queueMicrotask setImmediate setInterval setTimeout structuredClone undefined',
  ].flatMap((line) => line.split(' ')),
);

/** Globals of a browser, for the page: one capability, because no code of the program has any of them. */
const BROWSER = [
  'DOMException Element Event EventSource HTMLElement HTMLInputElement HTMLSelectElement HTMLTextAreaElement',
  'ResizeObserver addEventListener document getComputedStyle history innerHeight innerWidth localStorage location',
  'IntersectionObserver MutationObserver matchMedia removeEventListener requestAnimationFrame scrollBy scrollTo window',
].flatMap((line) => line.split(' '));

const CAPABILITIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(BROWSER.map((name) => [name, 'browser'])),
  performance: 'clock',
  global: 'globalThis',
  Function: 'eval',
  module: 'require',
  exports: 'require',
};

/** Names by which code reaches modules that no import names. */
const LOADERS = new Set(['createRequire', 'getBuiltinModule', 'mainModule']);

/** The capability that a use of the global `node` is; null where it is harmless. */
function capabilityOf(node: ts.Identifier): string | null {
  const { parent } = node;
  if (node.text === 'Date') {
    const isOfGivenTime =
      ts.isNewExpression(parent) && parent.arguments?.[0] && !ts.isSpreadElement(parent.arguments[0]);
    const isPure = ts.isPropertyAccessExpression(parent) && ['parse', 'UTC'].includes(parent.name.text);
    const isTest =
      ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
    return isOfGivenTime || isPure || isTest ? null : 'clock';
  }
  if (node.text === 'Math')
    return ts.isPropertyAccessExpression(parent) && parent.name.text !== 'random' ? null : 'chance';
  return HARMLESS.has(node.text) ? null : (CAPABILITIES[node.text] ?? node.text);
}

/** Whether `node` only names a member, a label or the other side of an import or export. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isMetaProperty(parent)) return parent.name === node;
  if (ts.isBindingElement(parent) || ts.isImportSpecifier(parent)) return parent.propertyName === node;
  if (ts.isExportSpecifier(parent))
    return parent.parent.parent.moduleSpecifier !== undefined || (parent.propertyName ?? node) !== node;
  // Elements of HTML are named in lower case, components in upper case.
  if (ts.isJsxAttribute(parent)) return parent.name === node;
  if (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent))
    return parent.tagName === node && /^[a-z]/.test(node.text);
  if (ts.isNamespaceExport(parent) || ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent))
    return true;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isEnumMember(parent) ||
    ts.isImportAttribute(parent) ||
    ts.isClassElement(parent);
  return isMember && parent.name === node;
}

/** The names that the binder of TypeScript found in a scope. */
function namesIn(scope: object): ReadonlyMap<string, ts.Symbol> | undefined {
  return (scope as { locals?: ReadonlyMap<string, ts.Symbol> }).locals;
}

const DECLARED = ts.SymbolFlags.Value | ts.SymbolFlags.Alias | ts.SymbolFlags.ExportValue;

/** Whether the value that `node` names is declared or imported in its file. */
function isDeclaredHere(node: ts.Identifier): boolean {
  for (let scope: ts.Node = node; scope; scope = scope.parent) {
    const symbol = namesIn(scope)?.get(node.text);
    if (symbol && symbol.flags & DECLARED) return true;
    if ((ts.isFunctionExpression(scope) || ts.isClassExpression(scope)) && scope.name?.text === node.text)
      return true;
    if (ts.isFunctionLike(scope) && !ts.isArrowFunction(scope) && node.text === 'arguments') return true;
  }
  return false;
}

/** The text of a string that is written out; null for one that is computed. */
const writtenOut = (node: ts.Node | undefined) => (node && ts.isStringLiteralLike(node) ? node.text : null);

/** The specifier of an import, of whatever form; undefined where `node` is none, null where it is computed. */
function specifierOf(node: ts.Node): string | null | undefined {
  if (ts.isImportDeclaration(node)) return writtenOut(node.moduleSpecifier);
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier && writtenOut(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return writtenOut(node.expression);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? writtenOut(node.argument.literal) : null;
  const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImport ? writtenOut(node.arguments[0]) : undefined;
}

function targetOf(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier.replace(/^node:/, '');
  return posix.join(dirname(from), specifier).replace(/(\.[jt]s)?$/, '.ts');
}

const isDeclare = (node: ts.Node) =>
  ts.isStatement(node) &&
  ts.canHaveModifiers(node) &&
  ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);

const declaresType = (node: ts.Node) =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node);

const isBaseClass = (node: ts.Node) =>
  ts.isExpressionWithTypeArguments(node) &&
  (!ts.isHeritageClause(node.parent) ||
    (node.parent.token === ts.SyntaxKind.ExtendsKeyword && ts.isClassLike(node.parent.parent)));

/** The capabilities that `node` uses without an import. */
function useOf(node: ts.Node): string | null {
  if (isDeclare(node)) return 'declare';
  if (ts.isStringLiteralLike(node)) {
    if (node.text === 'constructor' && ts.isElementAccessExpression(node.parent)) return 'eval';
    return LOADERS.has(node.text) ? 'require' : null;
  }
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const { expression } = node;
    return ts.isPropertyAccessExpression(expression) && expression.name.text === 'constructor'
      ? 'eval'
      : null;
  }
  if (!ts.isIdentifier(node)) return null;
  if (LOADERS.has(node.text)) return 'require';
  return isMemberName(node) || (node.text !== 'globalThis' && isDeclaredHere(node))
    ? null
    : capabilityOf(node);
}

function readFile(file: ts.SourceFile): SourceFile {
  const path = file.fileName;
  const imports: string[] = file.referencedFiles.map(({ fileName }) => targetOf(path, `./${fileName}`));
  const uses: string[] = [];
  const visit = (node: ts.Node, isType: boolean): void => {
    const specifier = specifierOf(node);
    if (specifier === null) uses.push('computed import');
    else if (specifier !== undefined) imports.push(targetOf(path, specifier));
    const use = isType ? null : useOf(node);
    if (use) uses.push(use);
    const areTypes = isType || declaresType(node) || (ts.isTypeNode(node) && !isBaseClass(node));
    ts.forEachChild(node, (child) => visit(child, areTypes));
  };
  visit(file, false);
  return { path, imports, uses };
}

const kindOf = (path: string) => (path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);

/** Reads source texts by their paths below `src/`. A name that its file does not declare is a global. */
export function parseSources(texts: ReadonlyMap<string, string>): SourceFile[] {
  const files = new Map(
    [...texts].map(([path, text]) => [
      path,
      ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, kindOf(path)),
    ]),
  );
  const options = { noLib: true, noResolve: true, moduleDetection: ts.ModuleDetectionKind.Force, types: [] };
  const program = ts.createProgram([...files.keys()], options, {
    ...ts.createCompilerHost(options),
    getSourceFile: (path) => files.get(path),
    getCurrentDirectory: () => '',
    fileExists: (path) => files.has(path),
    getCanonicalFileName: (path) => path,
  });
  program.getTypeChecker(); // Binds the names.
  return [...files.values()].map(readFile);
}

/** All files of `src/`. */
export function readSources(): SourceFile[] {
  return parseSources(
    new Map(
      filesBelow('src', '.ts', '.tsx').map((file) => [
        file.slice('src/'.length),
        readFileSync(join(root, file), 'utf8'),
      ]),
    ),
  );
}

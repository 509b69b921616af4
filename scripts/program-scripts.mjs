/** Joins scripts that always run together, and turns ES modules, as esbuild prints them, into CommonJS. */
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

const IMPORT = /^import (?:(\w+|\* as \w+|(?:\w+, )?\{[^}]*\}) from )?"([^"\n]+)";$/gm;
const EXPORT = /^export \{\n([^}]*)\n\};$/gm;

/** The bindings in braces: `[{ name, as }]`. */
const bindings = (list) =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => part.split(' as '))
    .map(([name, as = name]) => ({ name, as }));

const importsOf = (text) =>
  [...text.matchAll(IMPORT)].map(([, what = '', from]) => ({
    script: basename(from),
    names: bindings(/\{([^}]*)\}/.exec(what)?.[1] ?? '').map(({ name }) => name),
  }));

const exportsOf = (text) => [...text.matchAll(EXPORT)].flatMap(([, list]) => bindings(list));

/**
 * Throws unless importers may copy the values that they import: no value changes after the script that exports it has
 * run, and each statement is found by the patterns above.
 * @param texts source of each script by name, as ES modules
 * @param outputs what esbuild says of each script, by name
 */
export function checkScripts(texts, outputs) {
  for (const [script, text] of texts) {
    const { imports, exports } = outputs.get(script);
    const isFound =
      importsOf(text).length === imports.filter(({ kind }) => kind === 'import-statement').length &&
      exportsOf(text).length === exports.length;
    if (!isFound) throw new Error(`${script} imports or exports in a way that the build does not know`);
    for (const from of importsOf(text))
      for (const name of from.names) {
        const local = exportsOf(texts.get(from.script) ?? '').find(({ as }) => as === name)?.name;
        if (local !== undefined && isAssignedLater(texts.get(from.script), local))
          throw new Error(`${from.script} exports ${name} and assigns it, so ${script} may miss the change`);
      }
  }
}

/** Whether indented code, which may be that of a function, assigns a variable of the script. */
function isAssignedLater(text, name) {
  const escaped = name.replaceAll('$', '\\$');
  return new RegExp(
    `^[ \\t]+(?:.*[^.\\w$])?(?<!(?:const|let|var) )${escaped}(?:\\+\\+|--| (?:[-+*/|&]|\\?\\?|\\|\\||&&)?= )`,
    'm',
  ).test(text);
}

/** What a unit calls an export of one of its scripts. */
const flat = (script, name) => `${script.replace(/\W/g, '_')}$${name}`;

/**
 * Joins scripts into one unit, whose functions call each other without going through exports. The first script becomes
 * the unit and keeps its name and exports; the others are removed from `texts`, and their importers rewritten.
 * @param texts source of each script by name, as ES modules
 * @param members names of the scripts; none is imported by a script that a member imports
 * @param options of esbuild
 */
export async function joinScripts(texts, members, options) {
  const [unit, ...inner] = members;
  const others = [...texts].filter(([script]) => !members.includes(script));
  const used = new Set(
    others
      .flatMap(([, text]) => importsOf(text))
      .filter(({ script }) => inner.includes(script))
      .flatMap(({ script, names }) =>
        names.map((name) => `${name} as ${flat(script, name)} } from './${script}`),
      ),
  );
  const entry = [
    ...members.map((script) => `import './${script}';`),
    ...exportsOf(texts.get(unit)).map(({ as }) => `export { ${as} } from './${unit}';`),
    ...[...used].map((names) => `export { ${names}';`),
  ];
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: entry.join('\n'), sourcefile: unit },
    format: 'esm',
    write: false,
    plugins: [fromTexts(texts, members)],
  });
  for (const script of inner) texts.delete(script);
  for (const [script, text] of others) texts.set(script, text.replace(IMPORT, importFrom(unit, inner)));
  texts.set(unit, outputFiles[0].text);
}

/** An esbuild plugin that takes static imports of these scripts from `texts`, and leaves all others as they are. */
const fromTexts = (texts, members) => ({
  name: 'from-texts',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'import-statement' && members.includes(basename(path))
        ? { path: basename(path), namespace: 'texts' }
        : { path, external: true },
    );
    build.onLoad({ filter: /./, namespace: 'texts' }, ({ path }) => ({ contents: texts.get(path) }));
  },
});

/** Rewrites an import of a unit's inner script into one of the unit. */
const importFrom = (unit, inner) => (statement, what, from) => {
  const script = basename(from);
  if (!inner.includes(script)) return statement;
  if (what === undefined) return `import "./${unit}";`;
  const names = bindings(/\{([^}]*)\}/.exec(what)[1]).map(({ name, as }) => `${flat(script, name)} as ${as}`);
  return `import { ${names.join(', ')} } from "./${unit}";`;
};

/**
 * Turns a script into the body of a CommonJS module. Importers copy the values: with the conversion of esbuild each
 * use of an import calls a getter.
 * @param options of esbuild's transform; without `format`
 */
export async function commonJs(text, options) {
  // Imports come first, wherever they are written.
  const imports = [...text.matchAll(IMPORT)].map(([, what, from]) => required(what, `require("${from}")`));
  const exported = exportsOf(text).map(({ name, as }) => property(as, name));
  const body = onDemand(text.replace(IMPORT, '').replace(EXPORT, ''));
  const module = `${imports.join('\n')}\n${body}module.exports = { ${exported.join(', ')} };`;
  const supported = { 'dynamic-import': false };
  const { code } = await transform(module, { target: options.target, platform: 'node', supported });
  // The program's own scripts export what the importer expects.
  const own = code.replace(/__toESM\d*\((require\("\.\/[^"]+"\))\)/g, '$1');
  return (await transform(uncopied(own), options)).code;
}

const WRAPPED =
  /^(var require_\w+ = )__commonJS\d*\(\{\n {2}("[^"\n]+")\(([^)\n]*)\) \{\n([\s\S]*?)\n {2}\}\n\}\);$/gm;

/**
 * Makes each CommonJS module of a package a function. esbuild makes it the method of an object of its own, and V8 takes as
 * long for each of these objects as for ten functions. The path of the module is the first statement.
 */
function onDemand(text) {
  const made = text.replace(
    WRAPPED,
    (_all, start, path, parameters, body) =>
      `${start}$module(function(${parameters}) {\n${path};\n${body}\n});`,
  );
  return made === text ? text : `${MODULE}\n${made}`;
}

/** Runs the function of a module when it is first required. */
const MODULE =
  'var $module = (run, module) => () => (module === undefined && run((module = { exports: {} }).exports, module), module.exports);';

/**
 * Takes what is imported by name from a CommonJS package as it is. esbuild copies a package first, a getter for each of
 * its exports, so that it also has a default export.
 */
function uncopied(code) {
  return code.replace(
    /^( *var (import_\w+) = )__toESM\d*\((require_\w+\(\)), 1\);$/gm,
    (statement, start, name, required) => {
      const uses = code.match(new RegExp(`\\b${name}\\b.{0,9}`, 'g'));
      const isNamed = uses.every((use) => use.startsWith(`${name} = `) || /^\w+\.(?!default\b)/.test(use));
      return isNamed ? `${start}${required};` : statement;
    },
  );
}

const property = (name, value) => (name === value ? name : `${name}: ${value}`);

/** The statement that takes what an import names from a call of `require`. */
function required(what, call) {
  if (what === undefined) return `${call};`;
  const [, space, whole, list] = /^(?:\* as (\w+)|(\w+)?(?:, )?(?:\{([^}]*)\})?)$/.exec(what);
  const names = list === undefined ? [] : bindings(list).map(({ name, as }) => property(name, as));
  return [space, whole, names.length > 0 ? `{ ${names.join(', ')} }` : undefined]
    .filter((target) => target !== undefined)
    .map((target) => `const ${target} = ${call};`)
    .join(' ');
}

/** esbuild plugins that load a module on first use instead of on import. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Matches how TypeScript writes an import in CommonJS: a name of its own that ends in a number. */
const REQUIRE = /^(?:const|var) (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm;
const NAMESPACE = /^exports\.(\w+) = (__importStar\(require\("[^"]+"\)\));$/gm;

function deferRequires(source) {
  const names = new Set();
  const declared = source.replace(REQUIRE, (_all, name, value) => {
    names.add(name);
    return `let $${name}; const @${name} = () => ($${name} ??= ${value});`;
  });
  if (names.size === 0 && !NAMESPACE.test(source)) return source;
  const used = declared
    .replace(/(?<![$@\w.])(new )?(\w+_\d+)\b(\.\w+)?/g, (all, fresh, name, member = '') => {
      if (!names.has(name)) return all;
      return fresh ? `new (${name}()${member})` : `${name}()${member}`;
    })
    .replaceAll('const @', 'const ');
  return used.replace(
    NAMESPACE,
    (_all, name, value) =>
      `Object.defineProperty(exports, "${name}", { enumerable: true, get: () => ${value} });`,
  );
}

/** What oclif does at once for standard output: kgit's own listener does as much, once the stream is used. */
const ON_OUTPUT = /^process\.stdout\.on\('error', \(err\) => \{\n(?: {4}.*\n)+\}\);$/m;

/** oclif's class of commands, without its use of standard output: to make that stream takes longer than a small command. */
function withoutOutput(path, source) {
  if (!path.endsWith('command.js') || !source.includes('process.stdout')) return source;
  if (!ON_OUTPUT.test(source)) throw new Error(`${path} uses process.stdout otherwise than the build knows`);
  return source.replace(ON_OUTPUT, '');
}

/** Defers oclif's modules: a run uses few of them and of their packages. */
export const deferOclif = {
  name: 'defer-oclif',
  setup(build) {
    build.onLoad({ filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, ({ path }) => ({
      contents: deferRequires(withoutOutput(path, readFileSync(path, 'utf8'))),
      loader: 'js',
    }));
  },
};

/** Whether a file imports nothing but functions of a module, by their names. */
function importsFunctions(file, path) {
  const source = readFileSync(file, 'utf8');
  const imports = source.matchAll(new RegExp(`^import (.*?) from ['"]${path}['"];$`, 'gms'));
  const module = require(path);
  return [...imports].every(([, what]) =>
    /^\{([^}]*)\}$/
      .exec(what)?.[1]
      .split(',')
      .map((part) => part.trim().split(' as ')[0])
      .every(
        (name) => /^(type |[a-z]\w*$|$)/.test(name) && typeof (module[name] ?? (() => {})) === 'function',
      ),
  );
}

/**
 * Defers modules of Node that load slowly and that many runs do not use. A file that imports functions gets functions; any
 * other use gets an object with a getter for each export, which takes longer to make.
 */
export const deferBuiltins = (names) => ({
  name: 'defer-builtins',
  setup(build) {
    const filter = new RegExp(`^(node:)?(${names.join('|')})$`);
    build.onResolve({ filter }, ({ path, namespace, kind, importer }) => {
      if (namespace.startsWith('deferred')) return { path, external: true };
      const isPlain = kind === 'import-statement' && importsFunctions(importer, path);
      return { path, namespace: isPlain ? 'deferred-functions' : 'deferred' };
    });
    build.onLoad({ filter: /.*/, namespace: 'deferred-functions' }, ({ path }) => {
      const functions = Object.keys(require(path))
        .filter((key) => /^[a-z]\w*$/.test(key))
        .map((key) => `export function ${key}(...args) { return require("${path}").${key}(...args); }`);
      return { contents: functions.join('\n'), loader: 'js' };
    });
    build.onLoad({ filter: /.*/, namespace: 'deferred' }, ({ path }) => {
      const getters = Object.keys(require(path)).map(
        (key) => `get ${key}() { return require("${path}").${key}; }`,
      );
      return { contents: `module.exports = { ${getters.join(', ')} };`, loader: 'js' };
    });
  },
});

/** Puts a package that many runs do not use into a script of its own. */
export const deferPackage = (name, script) => ({
  name: `defer-${name}`,
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${name}$`) }, ({ path }) => ({
      path,
      namespace: `deferred-${name}`,
    }));
    build.onResolve({ filter: /./, namespace: `deferred-${name}` }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /./, namespace: `deferred-${name}` }, () => {
      const getters = Object.keys(require(name)).map(
        (key) => `get ${key}() { return require("./${script}").${key}; }`,
      );
      return { contents: `module.exports = { ${getters.join(', ')} };`, loader: 'js' };
    });
  },
});

/** What stands in for `debug`: it prints nothing. */
const QUIET = 'const quiet = () => () => {}; quiet.default = quiet;';

/**
 * Replaces the package `debug`, which every module of oclif loads, by a stub unless DEBUG is set. ioredis never gets the
 * real one: it prints commands, and with them passwords.
 */
export const deferDebug = {
  name: 'defer-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, ({ namespace, resolveDir, pluginData, importer }) =>
      // simple-git adds formats to it; it is loaded with simple-git, which few runs use.
      pluginData === 'real' || namespace === 'quiet-debug' || /simple-git|@kwsites/.test(importer)
        ? undefined
        : { path: resolveDir, namespace: /[\\/]ioredis[\\/]/.test(importer) ? 'no-debug' : 'quiet-debug' },
    );
    build.onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({
      contents: `${QUIET} module.exports = quiet;`,
      loader: 'js',
    }));
    build.onLoad({ filter: /.*/, namespace: 'quiet-debug' }, ({ path }) => ({
      contents: `${QUIET} module.exports = process.env.DEBUG ? require("debug") : quiet;`,
      resolveDir: path,
      loader: 'js',
    }));
  },
};

/** Skips oclif's check for WSL: it is the slowest part of oclif, and only `--version` shows the answer. */
export const plainPlatform = {
  name: 'plain-platform',
  setup(build) {
    build.onResolve({ filter: /^wsl-utils$/ }, ({ path }) => ({ path, namespace: 'plain-platform' }));
    build.onLoad({ filter: /.*/, namespace: 'plain-platform' }, () => ({
      contents: 'export const isWsl = false;',
    }));
  },
};

/**
 * Puts packages that hardly any run uses into one script of their own, loaded when one of them is required. They stay
 * complete, so that nothing is missing on a terminal or with unusual settings.
 */
export const setAside = (names, script) => ({
  name: 'set-aside',
  setup(build) {
    const namespace = `set-aside-${script}`;
    build.onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path }) => ({ path, namespace }));
    build.onResolve({ filter: /./, namespace }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = require("./${script}")["${path}"];`,
      loader: 'js',
    }));
  },
});

/** Source of the script that `setAside` writes. */
export const setAsideSource = (names) =>
  `module.exports = { ${names.map((name) => `get '${name}'() { return require('${name}'); }`).join(', ')} };`;

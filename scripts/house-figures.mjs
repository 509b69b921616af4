/**
 * Prints the figures of the house as a Markdown table: `node scripts/house-figures.mjs [FOLDER...]`, with a
 * column for each FOLDER, a checkout of this project with its node_modules (default: this one). It counts the text of
 * `src/` and `docs/`, and runs four commands of a build in which each function reports the file that it stands in.
 *
 * - A cast is `x as T`, `as const` left out. Lines are those of files, empty ones and comments included.
 * - Two folders are tied both ways when a file of each imports one of the other, types included. Folders are those that
 *   hold the files; a folder and the ones within it count as different.
 * - A file is entered when one of its functions is called. A change of file is a call in another file than the call
 *   before it; returns do not count.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

function below(folder, ending) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
}

/** The files of `src/`, parsed. */
function sourcesOf(root) {
  return below(join(root, 'src'), '.ts').map((path) => {
    const text = readFileSync(join(root, 'src', path), 'utf8');
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
  });
}

function nodes(tree) {
  const all = [];
  const visit = (node) => {
    all.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return all;
}

/** The specifier of an import, export or `import()`. */
function specifierOf(node) {
  const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const literal = isImport ? node.arguments[0] : (node.moduleSpecifier ?? node.argument?.literal);
  return literal && ts.isStringLiteralLike(literal) ? literal.text : undefined;
}

const isConst = (node) => node.type.getText() === 'const';

function bothWays(ties) {
  return [...ties].filter((tie) => ties.has(tie.split(' ').reverse().join(' '))).length / 2;
}

/** What is counted in the text of `src/`. */
function countsOf(sources) {
  const lines = sources.map(({ text }) => text.split('\n').length - 1).sort((a, b) => a - b);
  const perFolder = new Map();
  const ties = new Set();
  let casts = 0;
  for (const { path, tree } of sources) {
    const folder = dirname(path);
    perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1);
    for (const node of nodes(tree)) {
      if (ts.isAsExpression(node) && !isConst(node)) casts++;
      const specifier = specifierOf(node);
      const target = specifier?.startsWith('.') && posix.dirname(posix.join(folder, specifier));
      if (target && target !== folder) ties.add(`${folder} ${target}`);
    }
  }
  const top = (tie) => tie.split(' ').map((folder) => folder.split('/')[0]);
  const topTies = [...ties].map(top).filter(([from, to]) => from !== to && from !== '.' && to !== '.');
  const counts = [...perFolder].filter(([folder]) => folder !== 'commands').sort(([, a], [, b]) => b - a);
  const at = (share) => lines[Math.floor(lines.length * share)];
  return {
    'files of `src/`': sources.length,
    'folders with files': perFolder.size,
    'files per folder': (sources.length / perFolder.size).toFixed(1),
    'the largest folders except `commands`': counts
      .slice(0, 3)
      .map(([folder, count]) => `\`${folder}\` ${count}`)
      .join(', '),
    'lines of a file: median / p90': `${at(0.5)} / ${at(0.9)}`,
    'folders tied both ways: all / at the top of `src/`': `${bothWays(ties)} / ${bothWays(new Set(topTies.map((pair) => pair.join(' '))))}`,
    casts,
    'lines of `src/`': lines.reduce((a, b) => a + b, 0),
  };
}

function wordsOf(page) {
  return readFileSync(page, 'utf8')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** The text with a report at the head of each function. */
function instrumented({ path, text, tree }) {
  const report = `globalThis.houseEnter?.(${JSON.stringify(path)})`;
  const inserts = nodes(tree).flatMap((node) => {
    const { body } = node;
    if (!ts.isFunctionLike(node) || !body) return [];
    if (ts.isBlock(body)) return [[body.getStart() + 1, `${report};`]];
    return [
      [body.getStart(), `(${report}, `],
      [body.getEnd(), ')'],
    ];
  });
  // Where two begin at one place, the outer one comes first; nodes() lists it first.
  return inserts
    .map(([at, insert], i) => ({ at, insert, i }))
    .sort((a, b) => b.at - a.at || (a.insert === ')' ? a.i - b.i : b.i - a.i))
    .reduce((made, { at, insert }) => made.slice(0, at) + insert + made.slice(at), text);
}

const TRACER = `
const files = [];
globalThis.houseEnter = (file) => files.push(file);
process.on('exit', () => {
  const changes = files.filter((file, i) => i > 0 && file !== files[i - 1]).length;
  const folders = new Set(files.map((file) => file.split('/')[0])).size;
  const counts = { files: new Set(files).size, changes, folders };
  require('node:fs').writeFileSync(process.env.HOUSE_TRACE + '/' + process.pid, JSON.stringify(counts));
});
`;

/** Runs the commands in a copy of `root` that reports, and counts. */
function runsOf(root, sources) {
  const scratch = mkdtempSync(join(tmpdir(), 'kgit-house-'));
  const rows = {};
  try {
    const copy = join(scratch, 'kgit');
    for (const part of ['src', 'bin', 'scripts', 'templates', 'schemas', 'examples', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const file of sources) writeFileSync(join(copy, 'src', file.path), instrumented(file));
    const traces = join(scratch, 'traces');
    mkdirSync(traces);
    writeFileSync(join(scratch, 'tracer.cjs'), TRACER);
    const start = (program, args, cwd, env = {}) => {
      const run = spawnSync(program, args, {
        cwd,
        env: { ...process.env, CI: '', ...env },
        encoding: 'utf8',
      });
      if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.stdout}${run.stderr}`);
      return run;
    };
    start(process.execPath, ['scripts/build.mjs', '--quiet'], copy);
    const identity = ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'ada'],
      [`GIT_${who}_EMAIL`, 'ada@example.com'],
    ]);
    const home = { HOME: scratch, ...Object.fromEntries(identity) };
    const traced = { ...home, NODE_OPTIONS: `--require ${join(scratch, 'tracer.cjs')}`, HOUSE_TRACE: traces };
    const state = join(scratch, 'state');
    const kgit = (args, env) => start(process.execPath, [join(copy, 'bin/run.js'), ...args], state, env);
    const remote = join(scratch, 'remote.git');
    start('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote], scratch);
    start('git', ['clone', '--quiet', remote, state], scratch, home);
    kgit(['init', '.', '--deployment', 'dep-a'], home);
    kgit(['set', 'deployment.count=1'], home);
    const legacy = join(copy, 'examples/legacy-state');
    // The first run of each fills the caches, and is not counted.
    const runs = [
      [
        ['push-event', 'touched', '--cluster', 'prod'],
        ['push-event', 'cluster_created', '--cluster', 'prod'],
      ],
      [
        ['set', 'deployment.count=4'],
        ['set', 'deployment.count=5'],
      ],
      [
        ['get', 'deployment.count'],
        ['get', 'deployment.count'],
      ],
      [
        ['import', legacy, '--dry-run'],
        ['import', legacy, '--yes'],
      ],
    ];
    for (const [first, counted] of runs) {
      kgit(first, home);
      const { pid } = kgit(counted, traced);
      const {
        files: entered,
        changes,
        folders,
      } = JSON.parse(readFileSync(join(traces, String(pid)), 'utf8'));
      rows[`\`${counted[0]}\`: files entered / changes of file / folders at the top entered`] =
        `${entered} / ${changes} / ${folders}`;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return rows;
}

function figuresOf(root) {
  const sources = sourcesOf(root);
  const docs = join(root, 'docs');
  const pages = below(docs, '.md').filter((page) => !page.startsWith('adr/'));
  const words = pages.reduce((sum, page) => sum + wordsOf(join(docs, page)), 0);
  return { ...countsOf(sources), 'words of `docs/` without decisions': words, ...runsOf(root, sources) };
}

const given = process.argv.slice(2);
const folders = given.length > 0 ? given : [fileURLToPath(new URL('..', import.meta.url))];
const columns = folders.map((folder) => figuresOf(resolve(folder)));
const line = (cells) => `| ${cells.join(' | ')} |\n`;
const rows = Object.keys(columns[0]).map((name) => line([name, ...columns.map((column) => column[name])]));
process.stdout.write(
  [line(['figure', ...folders]), line(['---', ...folders.map(() => '---')]), ...rows].join(''),
);

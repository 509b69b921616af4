import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../scripts/docs/table.js';
import { type Result, type Row, verdict } from './result.js';

/** In the order of the table. */
export const FIGURES = [
  'START',
  'PUSH',
  'GROWTH',
  'MILLION',
  'BULK',
  'IMPORT',
  'COLD',
  'SCRIPT',
  'SCRIPT-API',
  'SECRETS',
  'DEPLOY',
  'READS',
  'VALIDATE',
  'STATUS',
  'CONTENTION',
  'FORGE',
  'EMBEDDED',
  'SERVE',
  'BACKENDS',
  'BACKENDS-WRITERS',
  'BACKENDS-START',
  'BACKENDS-MILLION',
] as const;
/** Figures that take many minutes, and are measured only if they are named. */
export const ON_REQUEST: readonly FigureName[] = ['MILLION', 'SERVE', 'BACKENDS-MILLION'];
export type FigureName = (typeof FIGURES)[number];

const FOLDER = 'bench/results';

/** The file of a figure's results, below the project's root. */
export function resultFile(figure: FigureName): string {
  return `${FOLDER}/${figure}.json`;
}

/** Reads the results in the order of the table. Throws Error for a file that belongs to no figure. */
export function readResults(root: string): Result[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  const known = FIGURES.map((name) => `${name}.json`);
  const odd = readdirSync(folder).find((file) => !known.includes(file));
  if (odd) throw new Error(`${FOLDER}/${odd} is the result of no figure`);
  return FIGURES.filter((name) => existsSync(join(root, resultFile(name)))).map(
    (name) => JSON.parse(readFileSync(join(root, resultFile(name)), 'utf8')) as Result,
  );
}

function amount(value: number, unit: Row['unit']): string {
  return unit === 'x' ? `${value.toFixed(2)}x` : `${value} ${unit}`;
}

function cells({ what, target, value, unit, times, rounds, note }: Row): string[] {
  const spread = value && rounds > 1 ? ` (${amount(value.min, unit)} to ${amount(value.max, unit)})` : '';
  const limit = target === null ? '' : `≤ ${amount(target, unit)}: ${verdict({ value, target })}`;
  return [
    what,
    value ? `${amount(value.median, unit)}${spread}` : `not measured: ${note}`,
    limit,
    times ? times.map((ms) => Math.round(ms)).join(' / ') : '',
  ];
}

const HEAD = ['what', 'median (spread)', 'target', 'ms: kgit / baseline'];

function machineLine({ machine, measuredAt }: Result): string {
  const { cpu, cores, memoryGb, git, node, load, bareNode } = machine;
  const where = `${cores} x ${cpu}, ${memoryGb} GB, git ${git}, Node ${node}`;
  return `${measuredAt.slice(0, 10)}, ${where}, load ${load}; \`node -e 0\` took ${bareNode.median} ms.`;
}

/** The distinct texts in code font. */
function codes(texts: readonly string[]): string {
  return [...new Set(texts.filter(Boolean))].map((text) => `\`${text}\``).join('; ');
}

function section(result: Result): string {
  const { rows, figure } = result;
  const baselines = codes(rows.map(({ baseline }) => baseline));
  const text = [
    machineLine(result),
    `Commands: ${codes(rows.map(({ command }) => command))}.`,
    baselines ? `Baselines: ${baselines}.` : '',
  ];
  return [`### ${figure}`, text.filter(Boolean).join(' '), markdownTable(HEAD, rows.map(cells))].join('\n\n');
}

/** The generated part of `docs/benchmarks.md`, from the results in `bench/results/`. */
export function benchmarksPart(root: string): string {
  return readResults(root).map(section).join('\n\n');
}

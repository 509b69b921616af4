import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, type Row, verdict } from './result.js';

/** In the order of the table. */
export const FIGURES = [
  'START',
  'PUSH',
  'GROWTH',
  'BULK',
  'IMPORT',
  'COLD',
  'SCRIPT',
  'SCRIPT-API',
  'DEPLOY',
  'READS',
  'VALIDATE',
  'STATUS',
  'CONTENTION',
  'FORGE',
] as const;
export type FigureName = (typeof FIGURES)[number];

const FOLDER = 'bench/results';

/** The file of a figure's results, below the project's root. */
export function resultFile(figure: FigureName): string {
  return `${FOLDER}/${figure}.json`;
}

/** The results that are there, in the order of the table. Throws Error for a file that is no figure's. */
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function amount(value: number, unit: Row['unit']): string {
  return unit === 'x' ? `${value.toFixed(2)}x` : `${value} ${unit}`;
}

function cells(row: Row, before: Result['before']): string[] {
  const earlier = before?.medians[row.what];
  const { what, target, value, unit, times, peakMb, rounds } = row;
  return [
    what,
    target === null ? '' : `≤ ${unit === 'x' ? `${target}x` : `${target} ${unit}`}`,
    value ? amount(value.median, unit) : '',
    earlier === undefined ? '' : amount(earlier, unit),
    value && rounds > 1 ? `${amount(value.min, unit)} to ${amount(value.max, unit)}` : '',
    times ? `${times[0]} / ${times[1]}` : '',
    peakMb === null ? '' : `${peakMb} MB`,
    verdict(row),
  ];
}

const HEAD = [
  'what',
  'target',
  'median',
  'run before',
  'spread',
  'ms: whole command / baseline',
  'peak memory',
  '',
];

function machineLine({ machine, measuredAt }: Result): string {
  const { cpu, cores, memoryGb, system, git, node, load, bareNode } = machine;
  return [
    `Measured ${measuredAt.slice(0, 10)} on ${cores} x ${cpu}, ${memoryGb} GB, ${system}; git ${git}, Node ${node}.`,
    `Noise: load average ${load} before; \`node -e 0\` took ${bareNode.median} ms (${bareNode.min} to ${bareNode.max}).`,
  ].join(' ');
}

function commands(row: Row): string[] {
  const against = row.baseline ? ` against \`${row.baseline}\`` : '';
  const rounds = row.rounds > 0 ? `, ${row.rounds} ${row.rounds === 1 ? 'run' : 'rounds'}` : '';
  const note = row.note ? `. ${row.note}` : '';
  return [`- ${row.what}: \`${row.command}\`${against}${rounds}${note}`];
}

function section(result: Result): string {
  return [
    `## ${result.figure}`,
    machineLine(result),
    table(
      HEAD,
      result.rows.map((row) => cells(row, result.before)),
    ),
    result.rows.flatMap(commands).join('\n'),
  ].join('\n\n');
}

/** The generated part of `docs/benchmarks.md`, from the results in `bench/results/`. */
export function benchmarksPart(root: string): string {
  return readResults(root).map(section).join('\n\n');
}

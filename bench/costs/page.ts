import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../scripts/docs/table.js';
import type { Cost, Costs } from './measure.js';

/** The file of the measured costs, below the project's root. */
export const COSTS_FILE = 'bench/costs/result.json';

const HEAD = [
  'command',
  'programs started',
  'files opened',
  'processor ms',
  'of bare Node',
  'wall ms',
  'peak MB',
  'requests; received; sent',
];

/** `git push, 2 x git cat-file` for a list of names. */
function counted(names: readonly string[]): string {
  return [...new Set(names)]
    .map((name) => [name, names.filter((each) => each === name).length] as const)
    .map(([name, count]) => (count === 1 ? name : `${count} x ${name}`))
    .join(', ');
}

const size = (bytes: number) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);

function cells(cost: Cost, bareProcessorMs: number): string[] {
  const { requests, received, sent } = cost;
  return [
    `\`kgit ${cost.command}\`${cost.note === '' ? '' : `: ${cost.note}`}`,
    counted(cost.programs),
    String(cost.opened),
    String(cost.processorMs),
    `${(cost.processorMs / bareProcessorMs).toFixed(1)}x`,
    String(cost.wallMs),
    String(cost.peakMb),
    requests === 0 ? '' : `${requests}; ${size(received)}; ${size(sent)}`,
  ];
}

/** The generated part of `docs/costs.md`. */
export function costsPart(root: string): string {
  const path = join(root, COSTS_FILE);
  if (!existsSync(path)) return 'Not measured yet.';
  const { measuredAt, machine, bareProcessorMs, costs } = JSON.parse(readFileSync(path, 'utf8')) as Costs;
  const where = `${machine.cores} x ${machine.cpu}, git ${machine.git}, Node ${machine.node}, load ${machine.load}`;
  const line = `${measuredAt.slice(0, 10)}, ${where}; \`node -e 0\` takes ${bareProcessorMs} ms of processor time.`;
  return [
    line,
    markdownTable(
      HEAD,
      costs.map((cost) => cells(cost, bareProcessorMs)),
    ),
  ].join('\n\n');
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureCosts, missingForCosts } from './costs/measure.js';
import { COSTS_FILE } from './costs/page.js';
import { FIGURE_MAKERS } from './figures/index.js';
import { lookAtMachine } from './machine.js';
import { FIGURES, type FigureName, ON_REQUEST, resultFile } from './report.js';
import { type Result, verdict } from './result.js';
import { progress, Surroundings } from './surroundings.js';

/** The name by which the page "what costs what" is measured. */
const COSTS = 'COSTS';

function chosen(names: readonly string[]): FigureName[] {
  const known: readonly string[] = [...FIGURES, COSTS];
  const unknown = names.find((name) => !known.includes(name.toUpperCase()));
  if (unknown) throw new Error(`there is no figure ${unknown}: ${known.join(', ')}`);
  const wanted = (name: FigureName) => names.some((word) => word.toUpperCase() === name);
  return FIGURES.filter((name) => (names.length === 0 ? !ON_REQUEST.includes(name) : wanted(name)));
}

async function writeCosts(root: string): Promise<void> {
  const surroundings = new Surroundings(root);
  try {
    const costs = await measureCosts(surroundings);
    writeFileSync(join(root, COSTS_FILE), `${JSON.stringify(costs, null, 2)}\n`);
  } finally {
    surroundings.remove();
  }
}

/** Measures the figures named, or all, and writes their results. */
export async function runBenchmarks(root: string, names: readonly string[]): Promise<void> {
  for (const figure of chosen(names)) {
    const began = Date.now();
    progress(`${figure} begins`);
    const surroundings = new Surroundings(root);
    try {
      const machine = lookAtMachine(surroundings.env());
      const rows = await FIGURE_MAKERS[figure](surroundings);
      const measuredAt = new Date(began).toISOString();
      const result: Result = { figure, measuredAt, machine, rows };
      writeFileSync(join(root, resultFile(figure)), `${JSON.stringify(result, null, 2)}\n`);
      for (const row of rows) {
        const value = row.value ? `${row.value.median}${row.unit} ` : '';
        progress(`  ${row.what}: ${value}${verdict(row)} ${row.note}`);
      }
    } finally {
      surroundings.remove();
    }
    progress(`${figure} took ${Math.round((Date.now() - began) / 1000)} s`);
  }
  const isAsked = names.some((name) => name.toUpperCase() === COSTS);
  if (names.length > 0 && !isAsked) return;
  const missing = missingForCosts();
  if (missing === null) await writeCosts(root);
  else if (isAsked) throw new Error(missing);
  else progress(`${COSTS} is left out: ${missing}`);
}

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';

export const ROOT = join(import.meta.dirname, '../..');

interface Step {
  readonly id?: string;
  readonly run: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** Reads an action; `folder` is below the root of the repository. */
export function readAction(folder: string): ActionFile {
  return parse(readFileSync(join(ROOT, folder, 'action.yml'), 'utf8'));
}

type Values = Readonly<Record<string, string>>;

/** Puts values in place of expressions, as a runner does. An expression without a value is a fault of the test. */
function filled(text: string, values: Values): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_all, expression: string) => {
    const value = values[expression];
    if (value === undefined) throw new Error(`the test has no value for ${expression}`);
    return value;
  });
}

/** Reads what a step wrote into `GITHUB_OUTPUT`. */
function outputsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length - 1; at++) {
    const [, name = '', end = ''] = /^([^<=]+)<<(.+)$/.exec(lines[at] as string) ?? [];
    if (name === '') throw new Error(`the line ${lines[at]} of the outputs is no output`);
    const last = lines.indexOf(end, at + 1);
    found[name] = lines.slice(at + 1, last).join('\n');
    at = last;
  }
  return found;
}

export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a script in the shell of a runner. */
export function runScript(
  script: string,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number; readonly output: string }> {
  const file = join(temporaryFolder(), 'step.sh');
  writeFileSync(file, script);
  return new Promise((resolve) => {
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', file];
    execFile('bash', args, { cwd, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}

/** One job of a forge with the variables that its steps see. */
export class Job {
  readonly temp = temporaryFolder('kgit-job-');
  status = 'success';
  matrix = 'null';
  #step = 0;
  readonly #env: Values;
  readonly #context: Values;

  /** @param context values of expressions: `github.token` */
  constructor(env: Values, context: Values) {
    this.#env = env;
    this.#context = context;
    mkdirSync(join(this.temp, 'work'));
  }

  /** Uses an action in a step of the job; with the same `step`, as a repeat of that step. */
  async use(folder: string, given: Values, step = `__kgit_${++this.#step}`): Promise<Ended> {
    const { inputs, outputs, runs } = readAction(folder);
    const context = {
      ...this.#context,
      'github.action': step,
      'toJSON(matrix)': this.matrix,
      'job.status': this.status,
      'github.action_path': join(ROOT, folder),
    };
    const values: Record<string, string> = { ...this.#context, 'github.action_path': join(ROOT, folder) };
    for (const [name, { required, default: preset }] of Object.entries(inputs)) {
      if (required && given[name] === undefined) throw new Error(`${name} is missing`);
      values[`inputs.${name}`] = given[name] ?? filled(preset ?? '', context);
    }
    let last = { code: 0, output: '' };
    let printed = '';
    const path = join(this.temp, `path-${step}`);
    writeFileSync(path, '');
    for (const { id, run, shell, env } of runs.steps) {
      if (shell !== 'bash') throw new Error(`the test has no shell ${shell}`);
      const file = join(this.temp, 'output');
      writeFileSync(file, '');
      const own = Object.entries(env).map(([name, text]) => [name, filled(text, values)]);
      last = await runScript(run, {
        cwd: join(this.temp, 'work'),
        env: {
          ...process.env,
          ...this.#env,
          RUNNER_TEMP: this.temp,
          GITHUB_OUTPUT: file,
          GITHUB_PATH: path,
          ...Object.fromEntries(own),
        },
      });
      printed += last.output;
      if (last.code !== 0) break;
      for (const [name, value] of Object.entries(outputsIn(readFileSync(file, 'utf8'))))
        values[`steps.${id}.outputs.${name}`] = value;
    }
    const named = Object.entries(outputs).map(([name, { value }]) => [
      name,
      filled(value, { 'steps.record.outputs.id': '', 'steps.record.outputs.revision': '', ...values }),
    ]);
    return { code: last.code, output: printed, outputs: Object.fromEntries(named) };
  }
}

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';
import { PROGRAM } from '../support/kgit.js';

const page = join(import.meta.dirname, '../../docs/ci.md');

/** What installs kgit in a job: it fetches the tarball of the team, checks it, and hands it to npm. */
export const INSTALLS = /KGIT_(TARBALL|SHA256)|npm install/;

/** Shell lines of a recipe, with the variables that its step gets. */
export interface Script {
  readonly lines: string;
  readonly env: Readonly<Record<string, string>>;
  /** Run also when one before it failed, and without failing the job at GitLab. */
  readonly always: boolean;
}

interface Step {
  readonly run?: string;
  readonly if?: string;
  readonly env?: Record<string, string>;
}

/** The scripts of the recipe `name` of docs/ci.md, in their order, the step that installs kgit left out. */
export function recipe(name: string): Script[] {
  const text = readFileSync(page, 'utf8');
  const yaml = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`yaml\n([^]*?)\`\`\``).exec(text)?.[1];
  if (yaml === undefined) throw new Error(`docs/ci.md has no recipe ${name}`);
  const { jobs, deploy } = parse(yaml);
  const steps: Step[] = jobs
    ? jobs.deploy.steps
    : [
        { run: [...deploy.before_script, ...deploy.script].join('\n') },
        { run: deploy.after_script.join('\n'), if: 'always()' },
      ];
  return steps.flatMap(({ run, env = {}, if: when }) => {
    const lines = run
      ?.split('\n')
      .filter((line) => !INSTALLS.test(line))
      .join('\n')
      .trim();
    return lines ? [{ lines, env, always: when === 'always()' }] : [];
  });
}

/** A folder to run a job in, with kgit on the PATH and a deploy.sh that ends with `code`. */
export function workplace(code: number): { cwd: string; PATH: string; temp: string } {
  const folder = temporaryFolder('kgit-job-');
  for (const name of ['bin', 'work', 'temp']) mkdirSync(join(folder, name));
  symlinkSync(PROGRAM, join(folder, 'bin/kgit'));
  writeFileSync(join(folder, 'work/deploy.sh'), `#!/bin/sh\nexit ${code}\n`);
  chmodSync(join(folder, 'work/deploy.sh'), 0o755);
  return {
    cwd: join(folder, 'work'),
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    temp: join(folder, 'temp'),
  };
}

/** Runs shell lines as the forges do. */
export function bash(
  lines: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', lines];
    execFile('bash', args, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}

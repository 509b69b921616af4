/** Runs scripts through the script API, in real bash and with the built program. */
import { execFile } from 'node:child_process';
import { PROGRAM } from '../kgit.js';

const PRELUDE = `set -euo pipefail
print_success() { echo "ok $1"; }; print_warning() { echo "warning $1"; }
print_error() { echo "error $1"; }; print_info() { echo "info $1"; }; print_header() { echo "# $1"; }
AZURE_LOCATION=eu K0S_CONTROLLER_COUNT=1 K0S_WORKER_COUNT=1 WG_NETWORK=10.0.0.0/24 CONFIG_YAML=cfg.yaml
declare -A WG_IPS
eval "$('${process.execPath}' '${PROGRAM}' shell-init bash)"
`;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What else a script gets: its standard input, and a program, with its arguments, that runs it. */
export interface BashOptions {
  readonly input?: string;
  readonly under?: readonly string[];
}

/** Runs a script in the folder `cwd`; its state goes to the repository `repo`. */
export function bash(
  cwd: string,
  repo: string,
  script: string,
  more: Readonly<Record<string, string>> = {},
  { input = '', under = [] }: BashOptions = {},
): Promise<Ran> {
  const env = { ...process.env, KGIT_REPO: repo, ...more };
  const [command = 'bash', ...args] = [...under, 'bash', '-c', `${PRELUDE}\n${script}`];
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

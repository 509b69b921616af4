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

/** Runs a script in the folder `cwd`; its state goes to the repository `repo`. */
export function bash(
  cwd: string,
  repo: string,
  script: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const env = { ...process.env, KGIT_REPO: repo, ...more };
  return new Promise((resolve) => {
    execFile('bash', ['-c', `${PRELUDE}\n${script}`], { cwd, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

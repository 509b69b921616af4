import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { until } from '../../support/patience.js';
import { bash } from '../../support/script-api/bash.js';
import { stateRepository } from '../../support/state-repository.js';

const checkout = () => mkdtempSync(join(tmpdir(), 'kgit-scripts-'));
const left = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('kgit-shell-'));
const PRINTS = `print_info() { echo "info $1"; }; print_error() { echo "error $1"; }; declare -A WG_IPS`;
const LOAD = 'eval "$(kgit shell-init bash)"';
const PID = 'helper() { read -r pid _ <"$__kgit_folder/pid"; echo "$pid"; }';

function actions(folder: string): string[] {
  const { events } = parse(readFileSync(join(folder, 'state/deployment-events.yaml'), 'utf8'));
  return (events as { action: string }[]).map(({ action }) => action);
}

async function recorded(repo: string, name: string): Promise<string[]> {
  const { events } = await kgitJson(repo, ['log', `deployment/${name}`, '--limit', '1000']);
  return (events as { action: string }[]).map(({ action }) => action);
}

it('one helper serves a script, the scripts that it starts, and each that evaluates the code again', async () => {
  const [folder, repo, tmp] = [checkout(), stateRepository(), temporaryFolder()];
  const script = (more: string) =>
    `set -euo pipefail\n${PRINTS}\n${LOAD}\n${PID}\n${LOAD}\n${more}; helper\n`;
  writeFileSync(join(folder, 'child'), script('add_event child it'));
  writeFileSync(join(folder, 'parent'), script('bash child; add_event parent it'));
  writeFileSync(join(folder, 'status'), script('phase_status x >/dev/null'));
  const { code, out, err } = await bash(
    folder,
    repo,
    `${PID}
init_deployment_state k0rdent-h1 >/dev/null
${LOAD}
add_event script it; helper
bash parent
KGIT_USER=other bash child
mkdir below; cd below; bash ../status`,
    { TMPDIR: tmp, PATH: pathWithKgit() },
  );
  expect([code, err]).toEqual([0, '']);
  const [own, child, parent, other, below] = out.trim().split('\n');
  expect([child, parent]).toEqual([own, own]);
  // Other settings and another folder may mean another repository, so these have helpers of their own.
  expect(new Set([own, other, below]).size).toBe(3);
  expect(actions(folder).slice(1)).toEqual(['script', 'child', 'parent', 'child']);
  await until(() => left(tmp).length === 0);
});

it('evaluated again, the code costs no process of kgit', async () => {
  const [folder, repo] = [checkout(), stateRepository()];
  const { out } = await bash(
    folder,
    repo,
    `PATH=${pathWithKgit()}
${LOAD}
# What starts a process from here on fails.
__kgit_command=(false)
strace -f -qq -e trace=execve -o calls bash -c '${LOAD}; ${LOAD}; declare -F add_event'
grep -c '"[^"]*/\\(kgit\\|node\\)"' calls || true
command kgit --version; kgit --version; kgit shell-init bash --json | head -c 1`,
    {},
  );
  const [known, calls, ...versions] = out.trim().split('\n');
  expect([known, calls]).toEqual(['add_event', '0']);
  expect(versions[0]).toBe(versions[1]);
  expect(versions[2]).toBe('{');
});

it('a helper that was killed between two calls is replaced by the next, and its folder is gone', async () => {
  const [folder, repo, tmp] = [checkout(), stateRepository(), temporaryFolder()];
  const { code, out, err } = await bash(
    folder,
    repo,
    `init_deployment_state k0rdent-h2 >/dev/null
read -r helper tender <"$__kgit_folder/pid"
kill -KILL "$helper"; add_event second it
read -r again tender <"$__kgit_folder/pid"
kill -KILL "$again" "$tender"; add_event third it
read -r last tender <"$__kgit_folder/pid"
kill -KILL "$last"
echo "$helper $again $last"`,
    { TMPDIR: tmp },
  );
  expect([code, err]).toEqual([0, '']);
  expect(new Set(out.trim().split(' ')).size).toBe(3);
  expect(actions(folder)).toEqual(['deployment_initialized', 'second', 'third']);
  expect((await recorded(repo, 'k0rdent-h2')).toSorted()).toEqual(actions(folder).toSorted());
  await until(() => left(tmp).length === 0);
});

it('a part of the script that outlives it goes on with a helper of its own', async () => {
  const [folder, repo, tmp] = [checkout(), stateRepository(), temporaryFolder()];
  const { code } = await bash(
    folder,
    repo,
    `init_deployment_state k0rdent-h3 >/dev/null
late="until [[ ! -e $__kgit_folder ]]; do sleep 0.1; done; ${LOAD}; add_event late it; touch done"
bash -c "$late" </dev/null >out 2>&1 &`,
    { TMPDIR: tmp, PATH: pathWithKgit() },
  );
  expect(code).toBe(0);
  await until(
    () => existsSync(join(folder, 'done')),
    () => readFileSync(join(folder, 'out'), 'utf8'),
  );
  expect(actions(folder)).toEqual(['deployment_initialized', 'late']);
  await until(() => left(tmp).length === 0);
});

it('says why a helper cannot begin, to each call, and leaves no folder', async () => {
  const [folder, tmp] = [checkout(), temporaryFolder()];
  const told = await bash(folder, folder, 'add_event a b || add_event a b', { TMPDIR: tmp });
  expect(told.code).toBe(10);
  expect(told.err).toMatch(/^kgit: [^\n]+\nkgit: [^\n]+\n$/);
  await until(() => left(tmp).length === 0);
});

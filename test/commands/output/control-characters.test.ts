import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatYaml } from '../../../src/model/yaml/yaml.js';
import { requireKubectl, sample } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { treeRepository } from '../../support/bad-input/trees.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { MARKER, sharedState } from '../../support/state-repository.js';

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i)).join('');
/** What a terminal would act on, line ends and tabs left out. */
const CONTROL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
const SEQUENCES =
  '\u001b[31mred\u001b[44;1m\u001b]8;;http://evil\u0007link\u001b]52;c;aGk=\u0007\u009b31m\u001b[2J\r';
const MARKS = '\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff';
/** All of them, as no argument can hold them: with NUL. */
const HOSTILE = `${SEQUENCES}${range(0, 8)}${range(11, 31)}${range(127, 159)}${MARKS}evil`;
/** The same without what an argument or a name in git cannot hold. */
const ARGUMENT = HOSTILE.replaceAll('\0', '');
const REF = `m\u009b31m\u202e\u2028\u061cx`;

/** The program in a pseudo terminal, with colours: what came to the screen. */
function onTerminal(path: string, args: readonly string[], env: Record<string, string> = {}): string {
  const quoted = [process.execPath, PROGRAM, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const { NO_COLOR, ...rest } = process.env;
  // script passes no exit code on without -e.
  const text = execFileSync('script', ['-qc', quoted.join(' '), '/dev/null'], {
    cwd: path,
    env: { ...rest, TERM: 'xterm', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  });
  // The terminal's own line ends.
  return text.replaceAll('\r\n', '\n');
}

const OWN = /\u001b\[(?:0|1|2|3[1-6])m|\r\u001b\[K/g;
const DATA = {
  user: HOSTILE,
  message: HOSTILE,
  reason: HOSTILE,
  phase: HOSTILE,
  command: HOSTILE,
  notes: HOSTILE,
  host: HOSTILE,
  run_id: HOSTILE,
  parameters: { [HOSTILE]: HOSTILE },
  context: { [HOSTILE]: [HOSTILE] },
  [HOSTILE]: HOSTILE,
};
const STATE = {
  deployment: {
    phase: HOSTILE,
    phases: { create_vms: { status: HOSTILE, reason: HOSTILE, updated_at: HOSTILE } },
  },
  [HOSTILE]: { [HOSTILE]: HOSTILE },
};
/** A state path that leads to the hostile value. */
const PATH = `${JSON.stringify(HOSTILE)}.${JSON.stringify(HOSTILE)}`;

let path: string;
let remote: string;
let legacy: string;
let server: ApiServer;
let env: { KUBECONFIG: string };

beforeAll(async () => {
  requireKubectl();
  remote = sharedState({ 'deployments/dep-a/state.yaml': formatYaml(STATE) });
  path = cloneOf(remote);
  const events = ['cluster/prod', 'deployment/dep-a'].map((subject) =>
    JSON.stringify({ subject, action: 'upgraded', ...DATA }),
  );
  await kgitJson(path, ['push-event', '--stdin'], { input: events.join('\n') });
  const entry = { timestamp: '2025-07-11T14:30:00Z', action: `cluster_${HOSTILE}`, ...DATA };
  legacy = temporaryFolder('kgit-legacy-');
  // A phase whose status is no word of kgit's is refused whole, and then there is no plan to show.
  const phases = { create_vms: { status: 'completed', reason: HOSTILE, updated_at: HOSTILE } };
  const named = {
    ...{ deployment_id: 'dep-a', last_updated: HOSTILE, ...STATE.deployment },
    ...{ phases, [HOSTILE]: HOSTILE },
  };
  writeFileSync(join(legacy, 'deployment-state.yaml'), formatYaml(named));
  writeFileSync(
    join(legacy, `cluster-a${ARGUMENT.replace(/\//g, '')}-events.yaml`),
    formatYaml({ cluster_name: `a${HOSTILE}`, events: [entry] }),
  );
  const object = JSON.parse(
    JSON.stringify(sample('cld-01-azure-healthy.yaml')).replaceAll(
      'Object is ready',
      JSON.stringify(HOSTILE).slice(1, -1),
    ),
  );
  object.spec.template = HOSTILE;
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: [object] });
  env = { KUBECONFIG: server.kubeconfig };
});
afterAll(() => server.stop());

/** The commands that show what others wrote. */
const SHOWN: readonly (readonly string[])[] = [
  ['list'],
  ['list', '-o', 'wide'],
  ['log'],
  ['log', '-o', 'wide'],
  ['log', 'deployment/dep-a', '-o', 'wide'],
  ['phase'],
  ['set', '--create-key', `${PATH}=${ARGUMENT}`, '--string', '--dry-run', '--message', ARGUMENT],
  ['unset', PATH, '--dry-run'],
  ['status'],
  ['status', '-o', 'wide'],
  ['status', '--offline'],
  ['outbox'],
  ['sync'],
];

describe('control characters from data', () => {
  it.each(SHOWN)('never reach the output of %s', async (...args) => {
    const { stdout, stderr, code } = await kgit(path, args, { env });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toMatch(CONTROL);
  });

  it.each(SHOWN)('never reach a terminal from %s, which has colours of kgit alone', (...args) => {
    const text = onTerminal(path, args, env);
    expect(text.replace(OWN, '')).not.toMatch(CONTROL);
    expect(text).not.toContain('\u001b[31mred');
  });

  it('never reach the plan or the result of import', async () => {
    const fresh = cloneOf(sharedState());
    const plan = await kgit(fresh, [
      'import',
      legacy,
      '--dry-run',
      '--on-conflict',
      'file',
      '--skip-invalid',
    ]);
    const screen = onTerminal(fresh, [
      'import',
      legacy,
      '--dry-run',
      '--on-conflict',
      'file',
      '--skip-invalid',
    ]);
    const refused = await kgit(fresh, ['import', legacy]);
    for (const said of [plan, refused]) expect(said.stdout + said.stderr).not.toMatch(CONTROL);
    expect(plan.stdout).toContain('deployment-state.yaml');
    expect(screen.replace(OWN, '')).not.toMatch(CONTROL);
  });

  it('never come from the words of the command line into an error', async () => {
    const lines = [
      [ARGUMENT],
      ['list', ARGUMENT],
      ['list', `--${ARGUMENT}`],
      ['list', '--repo', ARGUMENT],
      ['list', '--timeout', ARGUMENT],
      ['list', '--config', ARGUMENT],
      ['get', ARGUMENT],
      ['get', '--at', ARGUMENT],
      ['log', ARGUMENT],
      ['log', '--since', ARGUMENT],
      ['push-event', ARGUMENT, '--cluster', 'prod'],
      ['push-event', 'x', '--cluster', ARGUMENT],
      ['push-event', 'x', '--file', ARGUMENT],
      ['set', ARGUMENT],
      ['set', '--create-key', `a:=[${ARGUMENT}`],
      ['import', ARGUMENT],
      ['clone', ARGUMENT],
      ['outbox', 'drop', ARGUMENT],
    ];
    for (const args of lines) {
      const { stdout, stderr, code } = await kgit(path, args);
      expect(code).not.toBe(0);
      expect(code).not.toBe(1);
      expect(stdout + stderr).not.toMatch(CONTROL);
    }
  });

  it('never come from the names of branches, remotes and files in the tree', async () => {
    const clone = cloneOf(remote);
    git(clone, 'checkout', '--quiet', '-b', REF);
    git(clone, 'branch', '--quiet', '-D', 'main');
    git(clone, 'remote', 'rename', 'origin', REF);
    git(clone, 'push', '--quiet', REF, REF);
    git(clone, 'config', `branch.${REF}.remote`, REF);
    const id = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
    const name = `${id}-x${ARGUMENT.replace(/\//g, '')}.yaml`;
    const tree = (text: string) =>
      treeRepository({
        'kgit.yaml': MARKER,
        clusters: { default: { 'kcm-system': { prod: { events: { '2025-07': { [name]: text } } } } } },
        deployments: { [ARGUMENT.replace(/\//g, '')]: { 'state.yaml': 'x' } },
      });
    const broken = tree('id: [1\n');
    const runs = await inTurn([
      () => kgit(clone, ['sync']),
      () => kgit(clone, ['list']),
      () => kgit(clone, ['push-event', 'x', '--cluster', 'prod']),
      () => kgit(clone, ['status', '--offline']),
      () => kgit(broken, ['log', 'prod']),
      () => kgit(broken, ['list']),
    ]);
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toMatch(CONTROL);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 3, 3]);
    git(clone, 'remote', 'set-url', REF, `/nowhere/${ARGUMENT.replace(/[\n/]/g, '')}`);
    const failed = await kgit(clone, ['sync']);
    expect(failed.code).toBe(16);
    expect(failed.stdout + failed.stderr).not.toMatch(CONTROL);
    expect(onTerminal(broken, ['list', '-o', 'name']).replace(OWN, '')).not.toMatch(CONTROL);
  });

  it("never come from a remote's hook, nor later from the outbox", async () => {
    const strict = sharedState();
    const hook = join(strict, 'hooks/pre-receive');
    mkdirSync(join(strict, 'hooks'), { recursive: true });
    writeFileSync(
      hook,
      `#!/usr/bin/env node\nprocess.stderr.write(${JSON.stringify(HOSTILE)} + '\\n');\nprocess.exit(1);\n`,
    );
    chmodSync(hook, 0o755);
    const clone = cloneOf(strict);
    const refused = await kgit(clone, ['push-event', 'x', '--cluster', 'prod']);
    const outbox = await kgit(clone, ['outbox']);
    expect(refused.code).toBe(20);
    for (const { stdout, stderr } of [refused, outbox]) expect(stdout + stderr).not.toMatch(CONTROL);
    expect(outbox.stdout).toContain('evil');
    expect(onTerminal(clone, ['outbox']).replace(OWN, '')).not.toMatch(CONTROL);
  });

  it('are in JSON as they are for a script, and escaped for a terminal', async () => {
    const script = await kgitJson(path, ['log', 'prod', '--no-fetch']);
    expect(script.events[0]).toMatchObject({ message: HOSTILE, parameters: { [HOSTILE]: HOSTILE } });
    const screen = onTerminal(path, ['log', 'prod', '--json', '--no-fetch', '--quiet']);
    expect(screen).not.toMatch(CONTROL);
    expect(JSON.parse(screen).events).toEqual(script.events);
    const error = onTerminal(path, [
      'get',
      '--at',
      `\u009b\u202e${MARKS}`,
      '--json',
      '--no-fetch',
      '--quiet',
    ]);
    expect(error).not.toMatch(CONTROL);
    expect(JSON.parse(error).error).toMatchObject({
      code: 'NOT_FOUND',
      data: { at: `\u009b\u202e${MARKS}` },
    });
    for (const format of ['yaml', 'jsonl', 'name']) {
      expect(onTerminal(path, ['log', 'prod', '-o', format, '--no-fetch', '--quiet'])).not.toMatch(CONTROL);
    }
  });

  it('are in a value byte for byte for a script, and out of it for a terminal', async () => {
    const { stdout } = await kgit(path, ['get', PATH, '--no-fetch']);
    expect(stdout).toBe(`${HOSTILE}\n`);
    const screen = onTerminal(path, ['get', PATH, '--no-fetch', '--quiet']);
    expect(screen).not.toMatch(CONTROL);
    expect(screen).toContain('evil');
    expect(onTerminal(path, ['get', '--no-fetch', '--quiet'])).not.toMatch(CONTROL);
  });
});

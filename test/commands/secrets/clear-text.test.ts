import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { killedAt, type SystemCallPoint, traced } from '../../support/campaign/strace.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitOptions, kgitJson, kgitProcess } from '../../support/kgit.js';
import { isLegacyFile, type Machine, machine } from '../../support/sops/machine.js';
import { clearIn, secretsIn, watchedPrograms } from '../../support/sops/secret-scan.js';
import { HAS_SOPS, type Member, makeMember } from '../../support/sops/team-keys.js';
import { sharedState } from '../../support/state-repository.js';

const PRIVATE = 'YFl+y7bWvGfbPi0SFA4HGBzXmFqK6WYHRkYqPuRGhV8=';
const PUBLIC = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const PASSWORD = 'Tr0ub4dor-3xyz-%q';
const TYPED = 'hunter22-Tr0ub4dor';
const SECRETS = [PRIVATE, PASSWORD, TYPED];
const LONG = process.env['CAMPAIGN'] === 'long';
const PEER = 'deployment.wireguard_peers.vm1.private_key';
const TYPED_PATH = 'azure.client_secret';

/** Writes the state files of a script that has made its peers. */
const BEGIN = `init_deployment_state dep-a me cfg.yaml eu 1 1 10.0.0.0/24 >/dev/null
update_state wireguard_peers.vm1.ip 10.0.0.11`;
const WRITE = `read -r key; read -r password
update_wireguard_peer vm1 "$key" '${PUBLIC}'
add_event vpn_set_up "the password is $password"
update_azure_state client_secret "$password"`;
const INPUT = `${PRIVATE}\n${PASSWORD}\n`;

let ada: Member;
let ben: Member;
beforeAll(() => {
  if (!HAS_SOPS) return;
  ada = makeMember();
  ben = makeMember();
});

/** A remote whose team shares secrets with Ada and Ben, and a machine of somebody without a key. */
async function begun() {
  const remote = sharedState();
  const here = machine(remote);
  await kgitJson(here.repo, ['secrets', 'recipients', 'add', ada.recipient, ben.recipient], {
    env: here.env,
  });
  expect(await here.script(BEGIN)).toMatchObject({ code: 0, err: '' });
  return { remote, here };
}

function setSecret(here: Machine, input: string, options: KgitOptions = {}) {
  const env = { ...here.env, ...options.env };
  return kgitProcess(here.repo, ['set', '--secret', `${TYPED_PATH}=-`], { ...options, env, input });
}

async function reveal(there: Machine, path: string) {
  const args = ['get', path, '--reveal', '--fetch'];
  return (await kgitJson(there.repo, args, { env: there.env })).value;
}

describe.runIf(HAS_SOPS)('a secret of a team', () => {
  it('of a script and of kgit set is in the clear nowhere: no file, object of git, argument or variable', async () => {
    const { remote, here } = await begun();
    const there = machine(remote, ben);
    const watch = watchedPrograms();
    const { under } = watch;
    expect(await here.script(WRITE, INPUT, under)).toMatchObject({ code: 0, err: '' });
    expect(await setSecret(here, TYPED, { under })).toMatchObject({ code: 0 });
    const started = [watch.started()];
    expect(clearIn([here.root, remote], SECRETS, isLegacyFile)).toEqual([]);

    // Another member goes on with the deployment: the key comes from the team, and is written to no disk.
    mkdirSync(join(there.scripts, 'state'));
    const state = readFileSync(join(here.scripts, 'state/deployment-state.yaml'), 'utf8');
    writeFileSync(
      join(there.scripts, 'state/deployment-state.yaml'),
      state.replace(/^ +private_key:.*\n/gm, ''),
    );
    await kgitJson(there.repo, ['sync'], { env: there.env });
    const read = watchedPrograms();
    const ran = await there.script('[[ $(get_wireguard_private_key vm1) == "$(cat)" ]]', PRIVATE, read.under);
    expect(ran).toMatchObject({ code: 0, err: '' });
    started.push(read.started());
    expect(await reveal(there, TYPED_PATH)).toBe(TYPED);
    expect(clearIn([there.root], SECRETS, () => false)).toEqual([]);
    for (const programs of started) {
      expect(programs.includes('shell-server')).toBe(true);
      expect(programs.includes('"sops", ')).toBe(true);
      expect(secretsIn(programs, SECRETS)).toEqual([]);
    }
  });

  it('is found wherever it would be', async () => {
    const here = machine(sharedState());
    const [, password = ''] = SECRETS;
    const forms = [password, JSON.stringify({ password }), Buffer.from(password).toString('base64')];
    for (const [i, text] of forms.entries()) writeFileSync(join(here.root, 'home', `${i}`), text);
    execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: here.repo, input: password });
    expect(clearIn([here.root], SECRETS, isLegacyFile)).toHaveLength(forms.length + 1);
    expect(isLegacyFile(join(here.scripts, 'state/deployment-state.yaml'))).toBe(true);
    const watch = watchedPrograms();
    const [command = '', ...args] = watch.under;
    execFileSync(command, [...args, 'env', `P=${password}`, 'true']);
    expect(secretsIn(watch.started(), SECRETS)).toEqual([1]);
  });
});

/** Ways to write a secret: each as one run, which may end early. */
const WAYS: Record<
  string,
  { path: string; write(here: Machine, value: string, options: KgitOptions): Promise<unknown> }
> = {
  'kgit set --secret': { path: TYPED_PATH, write: setSecret },
  'kgit import': {
    path: PEER,
    write: (here, value, options) => {
      const file = join(here.scripts, 'state/deployment-state.yaml');
      const state = parse(readFileSync(file, 'utf8'));
      state.wireguard_peers.vm1.private_key = value;
      writeFileSync(file, stringify({ ...state, last_updated: new Date().toISOString() }));
      const env = { ...here.env, ...options.env };
      return kgitProcess(here.repo, ['import', here.scripts, '--on-conflict', 'file'], { ...options, env });
    },
  },
  'a call of a script': {
    path: PEER,
    write: (here, value, { env = {}, under = [] }) => {
      const words = under.map((word) => `'${word}'`).join(' ');
      const variables = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
      const start = `${variables.join('\n')}\n__kgit_command=(${words} "\${__kgit_command[@]}")\n`;
      const call = `read -r key; update_wireguard_peer vm1 "$key" '${PUBLIC}'`;
      return here.script(start + call, `${value}\n`);
    },
  },
};

/** A key as `wg genkey` makes them. */
function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** A sops that kills who has started it, once, before or after it has done its work. */
function killingSops(here: Machine, when: 'before' | 'after'): KgitOptions {
  const folder = temporaryFolder();
  const path = here.env['PATH'] ?? '';
  const work = `PATH='${path}' sops "$@"`;
  const kill = `mkdir '${folder}/once' 2>/dev/null && kill -9 $PPID`;
  const steps = when === 'before' ? [kill, work] : [work, 'code=$?', kill, 'exit $code'];
  writeFileSync(join(folder, 'sops'), `#!/bin/sh\n${steps.join('\n')}\n`);
  chmodSync(join(folder, 'sops'), 0o755);
  return { env: { PATH: `${folder}:${path}` } };
}

/** The same options for the first program that is run with them; a helper that is started in its place is not killed again. */
function once({ under = [], ...options }: KgitOptions): KgitOptions {
  const folder = temporaryFolder();
  const words = under.map((word) => `'${word}'`).join(' ');
  const path = join(folder, 'once.sh');
  writeFileSync(path, `#!/bin/sh\nmkdir '${folder}/once' 2>/dev/null && exec ${words} "$@"\nexec "$@"\n`);
  chmodSync(path, 0o755);
  return { ...options, under: [path] };
}

/** Of the points of a run, all or a few. */
function some(points: readonly SystemCallPoint[]): readonly SystemCallPoint[] {
  if (LONG) return points;
  const outbox = points.filter(({ about }) => about === 'outbox');
  return outbox.slice(-1);
}

describe.runIf(HAS_SOPS)('a writer of a secret that is killed', () => {
  it.each(Object.keys(WAYS))('in %s leaves nothing in the clear, and the next run completes', async (way) => {
    const { path, write } = WAYS[way] as (typeof WAYS)[string];
    const { remote, here } = await begun();
    const there = machine(remote, ada);
    const watch = traced();
    const values = [newKey()];
    await write(here, values[0] ?? '', watch);
    const points = watch.points();
    expect(points.length).toBeGreaterThan(5);
    const kills: [string, KgitOptions][] = [
      ...some(points).map((point): [string, KgitOptions] => [
        `before ${point.call} ${point.nth} of ${point.about}`,
        once(killedAt(point)),
      ]),
      ['before sops', killingSops(here, 'before')],
      ['after sops', killingSops(here, 'after')],
    ];
    const clear = () => clearIn([here.root, remote], values, isLegacyFile);
    for (const [when, options] of kills) {
      const value = newKey();
      values.push(value);
      await write(here, value, options);
      expect([when, clear()]).toEqual([when, []]);
    }
    const last = newKey();
    values.push(last);
    await write(here, last, {});
    await kgitJson(here.repo, ['sync'], { env: here.env });
    expect(await reveal(there, path)).toBe(last);
    expect(clear()).toEqual([]);
  });
});

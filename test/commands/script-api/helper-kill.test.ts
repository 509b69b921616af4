import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { killedAt, traced } from '../../support/campaign/strace.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { bash } from '../../support/script-api/bash.js';
import { emptyState } from '../../support/state-repository.js';

const NAME = 'k0rdent-k1';
/** In the small form, every so many of the points. */
const EVERY = process.env['CAMPAIGN'] === 'long' ? 1 : 6;

/** What the files and the repository have of a call, by the name that it gave its event. */
async function has(folder: string, repo: string, action: string): Promise<[file: boolean, history: boolean]> {
  const { events } = parse(readFileSync(join(folder, 'state/deployment-events.yaml'), 'utf8'));
  const { events: told } = await kgitJson(repo, ['log', `deployment/${NAME}`, '--action', action]);
  return [(events as { action: string }[]).some((event) => event.action === action), told.length > 0];
}

/** Runs scripts in a folder of their own, under strace if wanted. */
function scripts() {
  const [folder, repo, tmp] = [mkdtempSync(join(tmpdir(), 'kgit-scripts-')), emptyState(), temporaryFolder()];
  const run = (
    script: string,
    { env = {}, under = [] }: { env?: object; under?: readonly string[] } = {},
  ) => {
    const words = under.map((word) => `'${word}'`).join(' ');
    return bash(folder, repo, `__kgit_command=(${words} "\${__kgit_command[@]}")\n${script}`, {
      TMPDIR: tmp,
      ...env,
    });
  };
  return { folder, repo, run, isOver: () => until(() => readdirSync(tmp).length === 0) };
}

it('killed while it removes the files: records the removal if one is gone, and not twice', async () => {
  const { folder, repo, run, isOver } = scripts();
  const files = ['state', 'events'].map((kind) => join(folder, `state/deployment-${kind}.yaml`));
  const begin = `init_deployment_state ${NAME} >/dev/null`;
  const removals = async () =>
    (await kgitJson(repo, ['log', `deployment/${NAME}`, '--action', 'state_removed'])).events.length;
  expect(await run(begin)).toMatchObject({ code: 0, err: '' });
  const watch = traced();
  expect(await run('cleanup_deployment_state gone', watch as never)).toMatchObject({ code: 0, err: '' });
  await isOver();
  let known = await removals();
  expect(known).toBe(1);
  // The files are removed between the last note of the call and the outbox.
  const points = watch.points();
  const removing = points.flatMap(({ call, about }, i) => (call === 'unlink' && about === 'kgit' ? [i] : []));
  const [first = 0, second = 0] = removing.slice(-2);
  const kept = points.findIndex(({ about }, i) => i > second && about === 'outbox');
  expect([first > 0, second > first, kept > second]).toEqual([true, true, true]);
  for (const i of new Set(EVERY === 1 ? points.keys() : [first, second, kept, points.length - 1])) {
    const point = points[i] as (typeof points)[number];
    const words = `${point.call} ${point.nth} of ${point.about}`;
    expect(await run(begin), words).toMatchObject({ code: 0 });
    await run('cleanup_deployment_state gone', killedAt(point) as never);
    const isWhole = files.every((file) => existsSync(file));
    // The next start mends what this one left.
    await run('get_state phase');
    known += isWhole ? 0 : 1;
    expect([words, await removals()]).toEqual([words, known]);
  }
  await isOver();
});

it('killed before any of its calls that name, remove or sync a file: in both places or in neither', async () => {
  const { folder, repo, run, isOver } = scripts();
  const call = (i: number | string) => `update_state own.k${i} ${i}; add_event "step_${i}" it`;
  expect(await run(`init_deployment_state ${NAME} >/dev/null; ${call('first')}`)).toMatchObject({
    code: 0,
    err: '',
  });
  const watch = traced();
  expect(await run(call('watched'), watch as never)).toMatchObject({ code: 0, err: '' });
  await isOver();
  const points = watch.points();
  expect(points.filter(({ about }) => about === 'outbox').length).toBeGreaterThan(3);
  expect(points.filter(({ about }) => about === 'script-calls').length).toBeGreaterThan(1);
  const ends = { both: 0, neither: 0 };
  for (const [i, point] of points.entries()) {
    if (i % EVERY !== 0) continue;
    const words = `${point.call} ${point.nth} of ${point.about}`;
    const { code, err } = await run(call(i), killedAt(point) as never);
    // The next start mends what this one left.
    expect(await run('get_state phase'), words).toMatchObject({ code: 0, err: '' });
    const [isInFile, isInHistory] = await has(folder, repo, `step_${i}`);
    expect([words, isInHistory]).toEqual([words, isInFile]);
    if (code === 0) expect([words, isInFile, err]).toEqual([words, true, '']);
    ends[isInFile ? 'both' : 'neither']++;
    const state = parse(readFileSync(join(folder, 'state/deployment-state.yaml'), 'utf8'));
    const { value } = await kgitJson(repo, ['get', 'deployment.own']);
    expect([words, value]).toEqual([words, state.own]);
  }
  expect(ends.both).toBeGreaterThan(0);
  expect(ends.neither).toBeGreaterThan(0);
  const dry = await kgitJson(repo, ['import', folder, '--dry-run']);
  for (const { events, state } of dry.files) expect([events.new, state.set]).toEqual([0, 0]);
  await isOver();
});

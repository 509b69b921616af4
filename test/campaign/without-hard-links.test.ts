import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { isLong, seed } from '../support/campaign/size.js';
import { killedAt, traced, withoutLinks } from '../support/campaign/strace.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { stateRepository } from '../support/state-repository.js';

const PUSH = ['push-event', 'touched', '--deployment', 'dep-a', '--json', '--param'];

/** The numbers of the events that are published, in order. */
async function published(path: string): Promise<number[]> {
  const { events } = await kgitJson(path, ['log', 'deployment/dep-a', '--limit', '1000']);
  return events.map((event: { parameters: { n: string } }) => Number(event.parameters.n));
}

const leftovers = (path: string) =>
  readdirSync(join(path, '.git/kgit'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)(\d{12}-|publish\.lock)/.test(name.replace(/\.tmp.*$/, '')),
  );

describe('a file system without hard links', () => {
  it('takes a write, keeps it in the outbox, and publishes it; nothing is left behind', async () => {
    const path = stateRepository();
    const queued = await kgit(path, [...PUSH, 'n=1', '--queue'], withoutLinks());
    expect(queued.json).toMatchObject({ delivery: 'queued' });
    const [name = ''] = readdirSync(join(path, '.git/kgit/outbox'));
    // The entry is there as it is made without links: else this test would have tried nothing.
    expect(statSync(join(path, '.git/kgit/outbox', name)).isDirectory()).toBe(true);
    expect((await kgitJson(path, ['outbox'])).operations).toHaveLength(1);
    const backup = join(temporaryFolder(), 'backup');
    expect(await kgitJson(path, ['backup', backup])).toMatchObject({ operations: 1 });
    expect((await kgit(path, [...PUSH, 'n=2'], withoutLinks())).json).toMatchObject({
      delivery: 'published',
    });
    expect(await published(path)).toEqual([1, 2]);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(leftovers(path)).toEqual([]);
    const second = await kgit(path, [...PUSH, 'n=3', '--queue'], withoutLinks());
    const { id } = (await kgitJson(path, ['outbox'])).operations[0];
    expect(second.json.operation).toBe(id);
    expect((await kgit(path, ['outbox', 'drop', id, '--json'], withoutLinks())).code).toBe(0);
    expect(leftovers(path)).toEqual([]);
  });

  it('lets many processes write at once: each event is published once', async () => {
    const path = stateRepository();
    const numbers = [1, 2, 3, 4, 5, 6];
    const runs = await Promise.all(numbers.map((n) => kgit(path, [...PUSH, `n=${n}`], withoutLinks())));
    for (const run of runs) expect(run.json).toMatchObject({ delivery: 'published' });
    expect((await published(path)).sort()).toEqual(numbers);
    expect(leftovers(path)).toEqual([]);
  });

  it('lets many processes write to a store of files, and leaves nothing of its lock behind', async () => {
    const store = join(temporaryFolder(), 'state');
    const env = { KGIT_REPO: `file:${store}` };
    const init = await kgit(temporaryFolder(), ['init'], { ...withoutLinks(), env });
    expect(init).toMatchObject({ code: 0 });
    const cwd = temporaryFolder();
    const numbers = [1, 2, 3, 4, 5, 6];
    const push = (n: number) =>
      kgit(cwd, ['push-event', 'touched', '--cluster', 'c', '--param', `n=${n}`], { ...withoutLinks(), env });
    for (const run of await Promise.all(numbers.map(push))) expect(run).toMatchObject({ code: 0 });
    const { events } = await kgitJson(cwd, ['log', 'cluster/c'], { env });
    expect(events.map((event: { parameters: { n: string } }) => Number(event.parameters.n)).sort()).toEqual(
      numbers,
    );
    // The newest number says that the lock is free. It is a folder: else this test would have tried nothing.
    const left = readdirSync(join(store, '.lock'));
    expect(left).toEqual([expect.stringMatching(/^\d+$/)]);
    expect(statSync(join(store, '.lock', left[0] ?? '')).isDirectory()).toBe(true);
  });

  it('gives a name to one process alone, with all of its text', async () => {
    const folder = temporaryFolder();
    const racer = join(folder, 'racer.cjs');
    const source = `import { createDurably } from './src/store/local/durable-files.ts';
      void (async () => {
        for (let i = 0; i < 40; i++)
          if (await createDurably(process.argv[2] + '/' + i, process.argv[3].repeat(5000))) console.log(i);
      })();`;
    buildSync({
      stdin: { contents: source, resolveDir: process.cwd(), loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'cjs', outfile: racer, logLevel: 'silent' },
    });
    const names = join(folder, 'names');
    mkdirSync(names);
    const [strace = '', ...options] = withoutLinks().under ?? [];
    const race = (mark: string) =>
      promisify(execFile)(strace, [...options, process.execPath, racer, names, mark]);
    const marks = ['a', 'b', 'c', 'd', 'e'];
    const won = await Promise.all(marks.map(race));
    const winners = won.map(({ stdout }) => stdout.split('\n').filter(Boolean).map(Number));
    expect(winners.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    for (const [i, mark] of marks.entries())
      for (const name of winners[i] ?? [])
        expect(readFileSync(join(names, String(name), 'text'), 'utf8')).toBe(mark.repeat(5000));
    expect(readdirSync(names)).toHaveLength(40);
  });

  const where = isLong ? 'at each of its calls' : `at every sixth of its calls (CAMPAIGN_SEED=${seed})`;
  it(`loses nothing and doubles nothing where kgit is killed, ${where}`, async () => {
    const path = stateRepository();
    const all: number[] = [];
    let next = 0;
    /** Queues one write, and has the next take it along, so that the points of both are passed. */
    const write = async (options: Parameters<typeof kgit>[2]) => {
      const [queued, killed] = [++next, ++next];
      const first = await kgit(path, [...PUSH, `n=${queued}`, '--queue'], withoutLinks());
      expect(first.code).toBe(0);
      const run = await kgit(path, [...PUSH, `n=${killed}`], options);
      return { queued, killed, isAnswered: run.code === 0, wasKilled: run.code === null };
    };
    // The first run of a command keeps its compiled code, and later ones pass no such point.
    await write(withoutLinks());
    const watched = traced(false);
    await write(watched);
    all.push(1, 2, 3, 4);
    const points = watched.points().filter(({ about }) => about !== 'code');
    const names = points.map(({ call, about }) => `${call} ${about}`);
    for (const step of ['mkdir outbox', 'rename outbox', 'rmdir outbox', 'rename publish', 'rmdir publish'])
      expect(names).toContain(step);
    const missed: string[] = [];
    const chosen = isLong ? points : points.filter((_, i) => (i + seed) % 6 === 0);
    for (const point of chosen) {
      const note = `${point.call} ${point.nth} (${point.about})`;
      const { queued, killed, isAnswered, wasKilled } = await write(killedAt(point, false));
      if (!wasKilled) missed.push(note);
      const sync = await kgit(path, ['sync', '--json'], withoutLinks());
      expect(sync.json, note).toMatchObject({ pending: 0 });
      all.push(queued);
      const now = await published(path);
      // Without an answer it is there once, or was never taken.
      if (isAnswered || now.includes(killed)) all.push(killed);
      expect(now, note).toEqual(all);
      expect(git(path, 'status', '--porcelain'), note).toBe('');
    }
    console.info(
      `${chosen.length} kills at ${points.length} points without hard links, ${missed.length} missed`,
    );
    expect(missed).toEqual([]);
  }, 3_600_000);
});

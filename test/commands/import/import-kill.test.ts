import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/model/yaml/yaml.js';
import { type GitPoint, gitCounted, gitKills } from '../../support/campaign/git-shim.js';
import { count } from '../../support/campaign/size.js';
import { killedAt, type SystemCallPoint, traced } from '../../support/campaign/strace.js';
import { bareRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitOptions, kgitJson, kgitProcess } from '../../support/kgit.js';
import { layOut } from '../../sync/import-support.js';

const KILLS = count('CAMPAIGN_IMPORT_KILLS', 6, 40);

interface Place {
  readonly remote: string;
  readonly clone: string;
}

/** A remote with a clone of it, both fresh: copied, for making them takes longer than an import. */
async function template(): Promise<() => Place> {
  const made = { remote: bareRepository(), clone: temporaryFolder() };
  await kgitJson('.', ['init', made.clone, '--remote', made.remote]);
  return () => {
    const folder = temporaryFolder('kgit-import-kill-');
    const place = { remote: join(folder, 'remote'), clone: join(folder, 'clone') };
    cpSync(made.remote, place.remote, { recursive: true });
    cpSync(made.clone, place.clone, { recursive: true });
    git(place.clone, 'remote', 'set-url', 'origin', place.remote);
    return place;
  };
}

/** All files that an import gives; the events that carry state without what each run makes anew. */
function filesOf({ remote }: Place): string[] {
  return git(remote, 'ls-tree', '-r', 'main')
    .split('\n')
    .map((line) => line.split(/\s+/, 4) as [string, string, string, string])
    .map(([mode, , object, path]) => {
      const text = path.includes('/events/') ? git(remote, 'cat-file', 'blob', object) : '';
      if (!text.includes('\naction: state_imported\n')) return `${mode} ${object} ${path}`;
      const { id: _id, timestamp: _time, ...event } = parseYaml(text, path) as Record<string, unknown>;
      return `${mode} ${JSON.stringify(event)}`;
    })
    .sort();
}

/** Every so many of the items, so that about `wanted` are left, the first and last among them. */
function spread<T>(items: readonly T[], wanted: number): T[] {
  const step = Math.max(1, (items.length - 1) / Math.max(1, wanted - 1));
  const places = new Set(Array.from({ length: wanted }, (_, i) => Math.round(i * step)));
  return items.filter((_, i) => places.has(i));
}

describe('kgit import, killed and run again', () => {
  it('gives the files of an import that nobody disturbed', async () => {
    const state = join(layOut().root, 'state');
    const fresh = await template();
    const watched = fresh();
    const [calls, commands] = [traced(), gitCounted()];
    const whole = await kgitProcess(watched.clone, ['import', state], {
      ...calls,
      env: { ...calls.env, ...commands.env },
    });
    expect(whole.code).toBe(0);
    const wanted = filesOf(watched);
    const ofGit = commands
      .points()
      .map((point: GitPoint): [string, KgitOptions] => [
        `git ${point.command} ${point.nth}: ${point.moment}`,
        gitKills(point),
      ]);
    const ofSystem = calls
      .points()
      .map((point: SystemCallPoint): [string, KgitOptions] => [
        `${point.call} ${point.nth} (${point.about})`,
        killedAt(point),
      ]);
    const names = [...ofGit, ...ofSystem].map(([name]) => name).join('\n');
    for (const step of ['push 1: sent', '(withheld)', '(outbox)', '(imports)']) expect(names).toContain(step);
    let killed = 0;
    for (const [name, options] of [...spread(ofGit, KILLS / 2), ...spread(ofSystem, KILLS / 2)]) {
      const place = fresh();
      const run = await kgitProcess(place.clone, ['import', state], options);
      if (run.code === null || run.code === 137) killed += 1;
      const again = await kgitProcess(place.clone, ['import', state]);
      expect(again.code, `${name}: ${again.stderr}`).toBe(0);
      expect(filesOf(place), name).toEqual(wanted);
      expect(git(place.remote, 'rev-list', '--count', 'main'), name).toBe('2');
    }
    expect(killed).toBeGreaterThanOrEqual(KILLS - 3);
  }, 600_000);
});

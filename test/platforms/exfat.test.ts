/** On exFAT: no hard links, no file modes, and names that ignore case. */
import { linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { type Exfat, mountExfat, whyNoExfat } from '../support/platforms/exfat.js';
import { shortTour } from '../support/platforms/short-tour.js';
import { commitFiles, sharedState } from '../support/state-repository.js';

const missing = whyNoExfat();
if (missing !== null) it(`exFAT can be mounted only ${missing}, so its suites do not run`, () => undefined);

describe.runIf(missing === null)('exFAT', () => {
  let disk: Exfat;
  beforeAll(() => {
    disk = mountExfat();
  });
  afterAll(() => disk.unmount());

  it('is what this suite takes it for', () => {
    const file = join(disk.at, 'Name');
    writeFileSync(file, '', { mode: 0o600 });
    expect(() => linkSync(file, join(disk.at, 'other'))).toThrow(/EPERM/);
    expect(statSync(join(disk.at, 'nAME')).mode & 0o777).toBe(0o777);
  });

  it('holds repositories and clones', () => {
    const folder = join(disk.at, 'tour');
    shortTour(folder, {});
    const left = readdirSync(join(folder, 'first/.git/kgit'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /\.tmp|outbox\/./.test(name))).toEqual([]);
  });

  it('writes with several processes at once', async () => {
    const cwd = join(disk.at, 'crowd');
    git(disk.at, 'clone', '--quiet', sharedState(), cwd);
    const numbers = [1, 2, 3, 4, 5];
    const push = (n: number) => kgit(cwd, ['push-event', 'touched', '--cluster', 'c', '--param', `n=${n}`]);
    for (const { code } of await Promise.all(numbers.map(push))) expect(code).toBe(0);
    const { events } = await kgitJson(cwd, ['log', 'cluster/c']);
    expect(events.map((event: { parameters: { n: string } }) => Number(event.parameters.n)).sort()).toEqual(
      numbers,
    );
  });

  it('loses nothing of two files whose names differ by case alone', async () => {
    const remote = sharedState();
    const other = cloneOf(remote);
    const [large, small] = ['notes/Plan.md', 'notes/plan.md'];
    commitFiles(other, { [large]: 'A\n', [small]: 'b\n' });
    git(other, 'push', '--quiet');
    const cwd = join(disk.at, 'case');
    await kgit(disk.at, ['clone', remote, cwd]);
    expect(readdirSync(join(cwd, 'notes'))).toHaveLength(1);
    // Later changes of one of them arrive, and no write of kgit takes along what the disk has of the other.
    commitFiles(other, { [small]: 'c\n' });
    git(other, 'push', '--quiet');
    expect((await kgit(cwd, ['sync'])).code).toBe(0);
    expect((await kgit(cwd, ['push-event', 'touched', '--cluster', 'c'])).code).toBe(0);
    git(other, 'pull', '--quiet');
    expect([large, small].map((path) => readFileSync(join(other, path), 'utf8'))).toEqual(['A\n', 'c\n']);
    const { checks } = (await kgit(cwd, ['doctor', '--json'])).json;
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'path-case', ok: false, detail: expect.stringContaining(small) }),
    );
  });
});

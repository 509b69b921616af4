/** Writers with and without the git program at one repository. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { httpAccess } from '../../src/gitstore/embedded/http-access.js';
import type { LockMove } from '../../src/store/port/lease-store.js';
import type { HttpClient } from '../../src/store/port/means.js';
import { startCuttingServer } from '../support/campaign/cutting-server.js';
import { expectKept } from '../support/campaign/fleet.js';
import { type Call, isAcknowledged } from '../support/campaign/history.js';
import { makeMixedFleet } from '../support/campaign/mixed-fleet.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { startWriting, writingProgram } from '../support/campaign/writing-program.js';
import { openEmbedded } from '../support/embedded-git.js';
import { bareRepository, fsck, git } from '../support/git-fixtures.js';
import { acquisition } from '../support/lease-contract.js';
import { openGitStore } from '../support/open-git-store.js';
import { until } from '../support/patience.js';
import { commit, swapAll } from '../support/store-contract.js';

/** Clones of each driver. */
const CLONES = count('CAMPAIGN_CLONES', 3, 8);
const CALLS = count('CAMPAIGN_CALLS', 3, 60);
/** Processes of each driver at a local repository, and the commits of each. */
const WRITERS = count('CAMPAIGN_WRITERS', 2, 4);
const WRITES = count('CAMPAIGN_WRITES', 6, 90);
const NOTE = `CAMPAIGN_SEED=${seed}`;
const MS = 60_000;
const author = { name: 'Ada', email: 'ada@example.com' };
const EXPECTED = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Says how calls ended, of each driver: clones with even numbers are the git program's. */
function tell(what: string, calls: readonly Call[]): void {
  for (const [driver, own] of ['git', 'git-embedded'].map(
    (name, i) => [name, calls.filter(({ clone }) => clone % 2 === i)] as const,
  )) {
    const codes = own.map(({ code, answer }) => answer?.error?.code ?? (code === 0 ? 'ok' : `exit ${code}`));
    const counted = [...new Set(codes)].map(
      (code) => `${codes.filter((each) => each === code).length} ${code}`,
    );
    console.info(`${what}, ${driver}: ${own.length} calls, ${counted.join(', ')} (${NOTE})`);
  }
}

describe('the git program and the embedded git', () => {
  it(`${CLONES} clones of each, ${CALLS} calls each, at one http server: every promise is kept (${NOTE})`, async () => {
    const fleet = await makeMixedFleet(CLONES, async (remote) => {
      const server = await startCuttingServer(remote);
      ends.push(server.stop);
      return server.url;
    });
    const workers = fleet.clones.length;
    const options = { seed, workers, calls: CALLS, paths: 3, locks: ['one', 'two'], timeout: '5m' };
    const calls = await runStress(fleet, options);
    tell('races', calls);
    await expectKept(fleet, calls, NOTE);
    expect(calls.filter(isAcknowledged).length).toBeGreaterThan(calls.length / 4);
    const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
    expect(codes.filter((code) => !EXPECTED.includes(code))).toEqual([]);
  }, 3_600_000);
});

describe('a push without git, overtaken', () => {
  it.each([
    ['branch', 'after its fetch', 'GET'],
    ['branch', 'after the offer of the server', 'POST'],
    ['lock', 'after the offer of the server', 'POST'],
  ] as const)('by a move of the %s %s, publishes nothing', async (what, _when, method) => {
    const path = bareRepository();
    const server = await startCuttingServer(path);
    ends.push(server.stop);
    const clone = () => {
      const place = bareRepository();
      git(place, 'remote', 'add', 'origin', server.url);
      return place;
    };
    const other = (await openEmbedded(clone(), 'origin')).store;
    await swapAll(other, null, [commit({ first: '' })]);
    const place = await httpAccess(server.url, new Map(), {});
    let isOvertaken = false;
    const client: HttpClient = {
      request: async (request) => {
        if (request.method === method && request.url.endsWith('git-receive-pack') && !isOvertaken) {
          isOvertaken = true;
          if (what === 'lock') await other.leases.move(move(), MS);
          else await swapAll(other, (await other.head()).revision, [commit({ faster: '' })]);
        }
        return place.client.request(request);
      },
    };
    const move = (): LockMove => ({ name: 'net', from: null, records: [acquisition(null, 'net')], author });
    const remote = { name: 'origin', place: { ...place, client } };
    const { store } = await openEmbedded(clone(), 'origin', { remote });
    const { revision } = await store.refresh(MS);
    const outcome = await store.swap(revision, [commit({ mine: '' })], MS, [move()]);
    expect(outcome.kind).toBe(what === 'lock' ? 'fenced' : 'moved');
    expect(git(path, 'ls-tree', '-r', '--name-only', 'main').split('\n')).not.toContain('mine');
    const { tips } = await other.leases.list(MS);
    expect(tips.size).toBe(what === 'lock' ? 1 : 0);
  });
});

/** Runs git without waiting for it. Returns whether it went well: another may hold a lock, or have been faster. */
const gitBeside = (path: string, args: readonly string[]): Promise<boolean> =>
  promisify(execFile)('git', args, { cwd: path }).then(
    () => true,
    () => false,
  );

describe('processes at one repository of this machine', () => {
  it(`${WRITERS} of each driver, and git itself, lose no commit and share no lock (${NOTE})`, async () => {
    const path = bareRepository();
    git(path, 'config', 'core.logAllRefUpdates', 'always');
    const first = await openGitStore(path);
    await swapAll(first, null, [commit({ first: '' })]);
    await first.close();
    const program = await writingProgram('git-writer');
    const drivers = Array.from({ length: 2 * WRITERS }, (_, i) => (i % 2 === 0 ? 'git' : 'git-embedded'));
    const writings = drivers.map((driver, i) => startWriting(program, [driver, path, `w${i}`, WRITES]));
    let isOver = false;
    const ended = Promise.all(writings.map((writing) => writing.ended)).finally(() => {
      isOver = true;
    });
    const theirs: string[] = [];
    const told = () => writings.flatMap((writing) => writing.told());
    const others = async () => {
      // As often as one of the writers.
      for (let n = 0; !isOver; n++) {
        await until(() => isOver || told().length >= n);
        await gitBeside(path, n % 8 === 7 ? ['repack', '-Adq'] : ['pack-refs', '--all']);
        const tip = git(path, 'rev-parse', 'main');
        const made = git(path, 'commit-tree', `${tip}^{tree}`, '-p', tip, '-m', `theirs ${n}`);
        if (await gitBeside(path, ['update-ref', 'refs/heads/main', made, tip])) theirs.push(made);
      }
    };
    await Promise.all([ended, others()]);
    const all = [...told(), ...theirs];
    const there = git(path, 'rev-list', 'main').split('\n');
    expect(there).toHaveLength(1 + all.length);
    expect(new Set(all).size).toBe(drivers.length * WRITES + theirs.length);
    expect(all.filter((revision) => !there.includes(revision))).toEqual([]);
    const names = drivers.flatMap((_, i) => Array.from({ length: WRITES }, (_each, n) => `w${i}/${n + 1}`));
    const listed = git(path, 'ls-tree', '-r', '--name-only', 'main').split('\n');
    expect(listed.sort()).toEqual(['first', ...names].sort());
    // Under a lock, each file holds the token of its lease.
    const tokens = git(path, 'grep', '-h', '--only-matching', '[0-9][0-9]*', 'main').split('\n').map(Number);
    const taken = drivers.length * Math.floor(WRITES / 3);
    expect(tokens.sort((a, b) => a - b)).toEqual(Array.from({ length: taken }, (_, i) => i + 1));
    fsck(path);
    console.info(`${all.length} commits, ${theirs.length} of them by git itself; ${taken} leases (${NOTE})`);
  }, 3_600_000);
});

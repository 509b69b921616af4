/** The power is cut while a store is written: its file system ends without the log that it has in memory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FileKeySpace } from '../../src/backends/file/file-key-space.js';
import type { KeySpace } from '../../src/backends/keyed/key-space.js';
import { RedisKeySpace } from '../../src/backends/redis/redis-key-space.js';
import { sqliteEngine } from '../../src/backends/sqlite/sqlite-engine.js';
import { SqliteKeySpace } from '../../src/backends/sqlite/sqlite-key-space.js';
import { systemClock, thisHost } from '../../src/setup/this-host.js';
import { redisPlace } from '../backends/redis/redis-place.js';
import { count, isLong } from '../support/campaign/size.js';
import { expectWhole, lostOf, startWriting, writingProgram } from '../support/campaign/writing-program.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { startRedis } from '../support/servers/redis-server.js';

const CUTS = count('CAMPAIGN_POWER_CUTS', 1, 3);
const WRITE_MS = 4_000;

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUT_DOWN = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))`;

/** A disk of its own, in a file, whose power can be cut. */
function disk() {
  const folder = temporaryFolder();
  const [image, at] = [join(folder, 'image'), join(folder, 'disk')];
  mkdirSync(at);
  execFileSync('truncate', ['--size', '512M', image]);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  const mount = () => execFileSync('mount', ['-o', 'loop', image, at], { stdio: 'pipe' });
  mount();
  return {
    at,
    cut: () => execFileSync('python3', ['-c', SHUT_DOWN, at]),
    mount,
    // Lazily: a store that was found broken may have it open still.
    unmount: () => execFileSync('umount', ['--lazy', at]),
  };
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  return spawnSync('losetup', ['--find'], { stdio: 'ignore' }).status === 0;
}

/** What writes to the disk, and how the store is read afterwards. */
interface Place {
  readonly place: string;
  /** Ends what keeps files of the disk open. */
  readonly end: () => Promise<void>;
  readonly open: () => Promise<KeySpace>;
}

const redis =
  (fsync: string) =>
  async (at: string): Promise<Place> => {
    const args = ['--save', '', '--appendonly', 'yes', '--appendfsync', fsync, '--dir', at];
    const server = await startRedis({ args });
    return {
      place: String(server.port),
      end: () => server.kill(),
      open: async () => {
        await server.start();
        return new RedisKeySpace(redisPlace(server.port));
      },
    };
  };

const KINDS: readonly [name: string, kind: string, begin: (at: string) => Promise<Place>, isSafe: boolean][] =
  [
    ['redis, appendfsync always', 'redis', redis('always'), true],
    ['redis, appendfsync everysec', 'redis', redis('everysec'), false],
    [
      'sqlite',
      'sqlite',
      async (at) => ({
        place: join(at, 'state.db'),
        end: async () => undefined,
        open: async () => new SqliteKeySpace(join(at, 'state.db'), await sqliteEngine(), systemClock),
      }),
      true,
    ],
    [
      'file',
      'file',
      async (at) => ({
        place: join(at, 'state'),
        end: async () => undefined,
        open: async () => new FileKeySpace(join(at, 'state'), thisHost, systemClock),
      }),
      true,
    ],
  ];

if (isLong && !canMount())
  it('The power is cut only as root and with loop devices, which are not here, so its suites do not run', () =>
    undefined);

describe.runIf(isLong && canMount())('a power cut', () => {
  it.each(KINDS)(
    `%s: ${CUTS} cuts`,
    async (name, kind, begin, isSafe) => {
      const program = await writingProgram();
      for (let n = 0; n < CUTS; n++) {
        const own = disk();
        const { place, end, open } = await begin(own.at);
        try {
          const writing = startWriting(program, [kind, place, 1_000_000]);
          const ended = writing.ended.catch(() => undefined);
          await sleep(WRITE_MS);
          own.cut();
          writing.child.kill('SIGKILL');
          await ended;
          await end();
          own.unmount();
          own.mount();
          const space = await open();
          const lost = await lostOf(space, writing.told());
          console.info(`${name}: ${lost.length} of ${writing.told().length} acknowledged writes lost`);
          if (isSafe) expect(lost).toEqual([]);
          await expectWhole(space, name);
          await space.close();
        } finally {
          await end();
          own.unmount();
        }
      }
    },
    600_000,
  );
});

/**
 * A program that writes to a store until it is ended, and prints each revision once it was told that it is published:
 * `KIND PLACE COUNT`. Every third commit is large, so that it goes by parts where its limits are small.
 */
import { FileKeySpace } from '../../../src/backends/file/file-key-space.js';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import { sqliteEngine } from '../../../src/backends/sqlite/sqlite-engine.js';
import { SqliteKeySpace } from '../../../src/backends/sqlite/sqlite-key-space.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { redisPlace } from '../../backends/redis/redis-place.js';

const MS = 60_000;
const SMALL = { ops: 30, bytes: 20_000 };

class SmallFiles extends FileKeySpace {
  override readonly limits = SMALL;
}

class SmallSqlite extends SqliteKeySpace {
  override readonly limits = SMALL;
}

const [kind = '', place = '', count = ''] = process.argv.slice(2);
const space =
  kind === 'file'
    ? new SmallFiles(place, thisHost, systemClock)
    : kind === 'sqlite'
      ? new SmallSqlite(place, await sqliteEngine(), systemClock)
      : new RedisKeySpace(redisPlace(Number(place)));
const store = new KeyedStore(space, { clock: systemClock, timeoutMs: MS, isRemote: false });
let { revision } = await store.refresh(MS);
for (let n = 1; n <= Number(count); n++) {
  const files = new Map([['deployments/d/notes', `note ${n}\n`]]);
  for (let i = 0; i < (n % 3 === 0 ? 20 : 2); i++)
    files.set(`clusters/c/file-${n % 9}-${i}`, 'x'.repeat(n % 500));
  const author = { name: 'Ada', email: 'ada@example.com' };
  const outcome = await store.swap(
    revision,
    [{ message: `n${n}`, author, time: systemClock.now(), files }],
    MS,
  );
  if (outcome.kind !== 'swapped') throw new Error(`${outcome.kind}`);
  revision = outcome.revisions.at(-1) ?? null;
  process.stdout.write(`${revision}\n`);
}

import { randomBytes } from 'node:crypto';
import type { Writer } from '../../src/model/operation/make-operation.js';
import { type IdSource, monotonicIds } from '../../src/model/value/ulid.js';
import { DEFAULT_SETTINGS, type Settings } from '../../src/setup/settings.js';
import { ProcessLock } from '../../src/store/local/process-lock.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { Clock } from '../../src/store/port/host.js';
import { ScheduledPublisher } from '../../src/store/publish/scheduled-publisher.js';
import { MemoryStore } from './memory-store.js';
import { fakeClock, repositoryOf, thisProcess } from './store-fixtures.js';

/** The arguments of use cases of src/app, over a store in memory. */
export function memoryContext<S extends Backend = MemoryStore>(
  settings: Partial<Settings> = {},
  store: S = new MemoryStore() as Backend as S,
  clock: Clock = fakeClock(),
) {
  const { repository, outbox, leases, publisher, pushes, folder } = repositoryOf(store, clock);
  const backgroundLock = new ProcessLock(`${folder}/publisher.lock`, thisProcess);
  const scheduled = new ScheduledPublisher({
    publisher,
    outbox,
    pushes,
    backgroundLock,
    clock,
    target: store.target,
  });
  const ids: IdSource = monotonicIds(
    () => clock.now(),
    () => randomBytes(10),
  );
  const context = {
    opened: {
      repository,
      leases,
      scheduled,
      pushes,
      backend: 'memory',
      path: 'memory',
      name: 'memory',
      where: 'memory',
      localFolder: folder,
      identity: {},
      review: null,
      git: null,
      damaged: [],
    },
    settings: { ...DEFAULT_SETTINGS, ...settings },
    managements: new Map<string, never>(),
  };
  /** Who writes, as of now. */
  const writer = (): Writer => ({
    actor: { name: 'Ada', email: 'ada@example.com' },
    host: 'here',
    run: { id: undefined, url: null },
    ids,
    now: clock.now(),
  });
  /** The context with what its repository holds now. */
  const read = async () => ({ ...context, reading: await repository.read('never', 0) });
  return {
    context,
    writer,
    read,
    store,
    clock,
    ids,
  };
}

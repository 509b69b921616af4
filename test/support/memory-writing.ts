import { changeState } from '../../src/app/write/change-state.js';
import type { Writing } from '../../src/app/write/writing.js';
import type { Edit } from '../../src/model/state/edit.js';
import { parseStatePath } from '../../src/model/state/state-path.js';
import { deployment } from '../../src/model/subject/subject.js';
import type { Value } from '../../src/model/value/value.js';
import type { Settings } from '../../src/setup/settings.js';
import type { Backend } from '../../src/store/port/backend.js';
import { readEvents, readState } from '../../src/store/read/records.js';
import { memoryContext } from './memory-context.js';
import { MemoryStore } from './memory-store.js';

/** Edits that set paths. */
export function sets(values: Readonly<Record<string, Value>>): Edit[] {
  return Object.entries(values).map(([path, value]) => ({ op: 'set', path: parseStatePath(path), value }));
}

/** The arguments of use cases that write, over a store in memory; `notes` are the notes for the user. */
export function memoryWriting<S extends Backend = MemoryStore>(
  settings: Partial<Settings> = {},
  store: S = new MemoryStore() as Backend as S,
) {
  const memory = memoryContext(settings, store);
  const notes: string[] = [];
  const writing = async (more: Partial<Writing> = {}): Promise<Writing> => ({
    ...(await memory.read()),
    environment: {},
    writer: memory.writer(),
    claims: { handed: [] },
    terms: {},
    deadline: memory.clock.now() + 5_000,
    note: (message) => notes.push(message),
    ...more,
  });
  const view = async () => store.view((await store.head()).revision);
  return {
    ...memory,
    notes,
    writing,
    /** Begins deployment `dep-a` with these values. */
    begin: async (values: Readonly<Record<string, Value>>) => {
      const target = { deployment: 'dep-a', create: true };
      await changeState(await writing(), target, { fields: { action: 'begun' }, edits: sets(values) });
    },
    /** The published state of `dep-a`. */
    state: async () => readState(await view(), 'dep-a'),
    /** The published events of `dep-a`, oldest first, but for the one that began it. */
    events: async () => {
      const events = await readEvents(await view(), deployment('dep-a'));
      return events.map((event) => event.read()).filter(({ action }) => action !== 'begun');
    },
  };
}

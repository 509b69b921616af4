import type { DriverContext, OpenedStore } from '../../store/port/driver.js';
import { type Machine, openedLocally, pathOfPlace } from '../keyed/opened-store.js';
import { sqliteEngine } from './sqlite-engine.js';
import { SqliteKeySpace } from './sqlite-key-space.js';

/** Opens the store in a SQLite file. Throws UsageError, EnvironmentError where there is no SQLite. */
export async function openSqlite(context: DriverContext, machine: Machine): Promise<OpenedStore> {
  const path = pathOfPlace(context, 'sqlite:');
  const space = new SqliteKeySpace(path, await sqliteEngine(), machine.clock);
  return openedLocally(space, path, context, machine);
}

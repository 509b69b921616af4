import type { Driver } from '../../store/port/driver.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { pathOf } from '../options/path-place.js';
import { sqliteEngine } from './sqlite-engine.js';
import { SqliteKeySpace } from './sqlite-key-space.js';

/** Opens a store in a SQLite file, which the first write creates. Throws UsageError, EnvironmentError. */
export const openSqlite: Driver = async (context) => {
  const path = pathOf(context, 'sqlite', 'sqlite:FILE');
  const space = new SqliteKeySpace(path, await sqliteEngine(), context.clock);
  return openKeyed(space, { path, name: 'sqlite', isRemote: false }, context);
};

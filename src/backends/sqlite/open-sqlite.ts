import { finding, passed } from '../../model/value/check.js';
import type { Driver } from '../../store/port/driver.js';
import { checkLocalDisk } from '../disk/local-disk.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { pathOf } from '../options/path-place.js';
import { sqliteEngine } from './sqlite-engine.js';
import { SqliteKeySpace } from './sqlite-key-space.js';

/** Opens a store in a SQLite file, which the first write creates. Throws UsageError, EnvironmentError. */
export const openSqlite: Driver = async (context) => {
  const path = pathOf(context, 'sqlite', 'sqlite:FILE');
  const space = new SqliteKeySpace(path, await sqliteEngine(), context.clock);
  return openKeyed(space, { path, name: 'sqlite', isRemote: false }, context, ({ timeout }) => [
    { name: 'file-system', look: async () => [await checkLocalDisk(path)] },
    {
      name: 'integrity',
      look: async () => {
        const damage = await space.damage(timeout);
        return [
          damage === null
            ? passed('integrity', 'the database is whole')
            : finding('integrity', `the database is damaged: ${damage}`, 'Restore the file from a backup'),
        ];
      },
    },
  ]);
};

import { passed } from '../../model/value/check.js';
import type { Driver } from '../../store/port/driver.js';
import { checkLocalDisk } from '../disk/local-disk.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { pathOf } from '../options/path-place.js';
import { FileKeySpace } from './file-key-space.js';

/** Opens a store in a folder of plain files, which the first write creates. Throws UsageError, EnvironmentError. */
export const openFile: Driver = async (context) => {
  const path = pathOf(context, 'file', 'file:DIR');
  const space = new FileKeySpace(path, context.host, context.clock);
  return openKeyed(space, { path, name: 'files', isRemote: false }, context, () => [
    { name: 'file-system', look: async () => [await checkLocalDisk(path)] },
    {
      name: 'integrity',
      look: async () => {
        await space.get(['head']);
        return [passed('integrity', 'its journal is whole')];
      },
    },
  ]);
};

import type { DriverContext, OpenedStore } from '../../store/port/driver.js';
import { type Machine, openedLocally, pathOfPlace } from '../keyed/opened-store.js';
import { FileKeySpace } from './file-key-space.js';

/** Opens the store in a folder of plain files. Throws UsageError. */
export async function openFiles(context: DriverContext, machine: Machine): Promise<OpenedStore> {
  const path = pathOfPlace(context, 'file:');
  return openedLocally(new FileKeySpace(path, machine.host, machine.clock), path, context, machine);
}

import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { type Check, finding, findingOf, passed } from '../../model/value/check.js';
import { counted } from '../../model/value/counted.js';
import { formatAge } from '../../model/value/time.js';
import type { DriverContext, OpenedStore } from '../../store/port/driver.js';
import { requireLocalDisk } from '../disk/local-disk.js';
import { FileKeySpace } from '../file/file-key-space.js';
import { KeyedStore } from '../keyed/keyed-store.js';
import type { OpenedKeyed } from '../keyed/open-keyed.js';
import { CopiedStore } from './copied-store.js';
import { Copy } from './copy.js';

/** The folder of the copy, in the local folder of the store. */
const FOLDER = 'copy';
/** How long one call to the server or the folder of the copy may take while nobody waits for its answer, in ms. */
const CALL_MS = 2_000;

type CopyContext = Pick<DriverContext, 'clock' | 'host' | 'timeout' | 'isOffline' | 'warn'>;

/**
 * Adds a copy on this machine to a store on a server (`fallback: file`); other stores stay as they are. Without one if the
 * disk cannot hold it: then the user is told.
 */
export async function withCopy(
  { keyed, ...opened }: OpenedKeyed,
  { clock, host, timeout, isOffline = false, warn = () => undefined }: CopyContext,
): Promise<OpenedStore> {
  if (keyed === undefined) return opened;
  const { store: server, space } = keyed;
  const folder = join(opened.localFolder.path, FOLDER);
  try {
    await requireLocalDisk(folder);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    warn(`fallback: file keeps no copy: ${error.message}`);
    return opened;
  }
  const files = new FileKeySpace(folder, host, clock);
  const timeoutMs = Math.min(timeout, CALL_MS);
  const local = new KeyedStore(files, { clock, timeoutMs, isRemote: false });
  const copy = new Copy({ folder, space: files, store: local, server: space, clock, timeoutMs });
  // Offline, the server is asked only if there is no copy.
  const readsRemotely = !isOffline || (await copy.head()) === null;
  const store = new CopiedStore({ server, copy, local, clock, readsRemotely, warn });
  return {
    ...opened,
    store,
    review: store.review,
    checks: async (inspection) => {
      const own = await opened.checks?.(inspection);
      const look = async () => [await checkCopy(store, copy, clock.now())];
      return { files: own?.files ?? [], store: [...(own?.store ?? []), { name: 'copy', look }] };
    },
  };
}

/** Checks how far the copy is. @param now ms since the epoch */
async function checkCopy(store: CopiedStore, copy: Copy, now: number): Promise<Check> {
  const { revision, at, behind } = await store.standing();
  if (copy.fault !== null) return findingOf('copy', copy.fault);
  const fix = 'Run kgit sync while the server answers';
  if (revision === null) return finding('copy', 'no copy of the store is kept here yet', fix);
  const detail = `revision ${revision}, ${formatAge(now - at)} old, in ${copy.folder}`;
  return behind === 0
    ? passed('copy', detail)
    : finding('copy', `${detail}: ${counted(behind, 'revision')} behind`, fix);
}

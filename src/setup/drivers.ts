import type { DriverAbilities } from '../store/port/abilities.js';
import type { Driver } from '../store/port/driver.js';
import type { Settings } from './settings.js';
import { systemClock, thisHost } from './this-host.js';

/** A kind of store that kgit can use. */
interface DriverRow {
  /** Schemes of URLs that name such a store. */
  readonly schemes: readonly string[];
  /** Loads the driver on demand. */
  readonly load: () => Promise<Driver>;
  /** Loads what else the driver can do, for the few commands that need it. */
  readonly abilities?: () => Promise<Partial<DriverAbilities>>;
}

const MACHINE = { clock: systemClock, host: thisHost };

/** Drivers by their names in the settings (`backend:`). A new one needs a row here and a folder in `src/backends/`. */
export const DRIVERS = new Map<string, DriverRow>([
  // Any folder or URL that no other driver claims is git's.
  [
    'git',
    {
      schemes: [],
      load: async () => (await import('./git-driver.js')).openGitRepository,
      abilities: async () => (await import('./git-abilities.js')).GIT_ABILITIES,
    },
  ],
  [
    'sqlite',
    {
      schemes: ['sqlite'],
      load: async () => {
        const { openSqlite } = await import('../backends/sqlite/open-sqlite.js');
        return (context) => openSqlite(context, MACHINE);
      },
    },
  ],
  [
    'file',
    {
      schemes: ['file'],
      load: async () => {
        const { openFiles } = await import('../backends/file/open-files.js');
        return (context) => openFiles(context, MACHINE);
      },
    },
  ],
]);

/** Returns the name of the driver that the settings choose: by the scheme of `repo`, else by `backend`. */
export function chosenDriver({ repo, backend }: Pick<Settings, 'repo' | 'backend'>): string {
  // With two slashes it is the URL of a git repository.
  if (repo?.startsWith('file://')) return 'git';
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(repo ?? '')?.[1];
  for (const [name, { schemes }] of DRIVERS) if (scheme && schemes.includes(scheme)) return name;
  return backend;
}

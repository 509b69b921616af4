import { CONSUL_OPTIONS } from '../backends/options/consul.js';
import { ETCD_OPTIONS } from '../backends/options/etcd.js';
import type { Options } from '../backends/options/option.js';
import { REDIS_OPTIONS } from '../backends/options/redis.js';
import type { DriverAbilities } from '../store/port/abilities.js';
import type { Driver } from '../store/port/driver.js';
import type { Settings } from './settings.js';

/** A kind of store that kgit can use. */
interface DriverRow {
  /** Schemes of URLs that name such a store. */
  readonly schemes: readonly string[];
  /** The options in the block of settings named after the driver. */
  readonly options: Options;
  /** Loads the driver on demand. */
  readonly load: () => Promise<Driver>;
  /** Loads what else the driver can do, for the few commands that need it. */
  readonly abilities?: () => Promise<Partial<DriverAbilities>>;
}

/** The driver that works on git repositories without the git program. */
export const EMBEDDED = 'git-embedded';

/** Drivers by their names in the settings (`backend:`). A new one needs a row here and a folder in `src/backends/`. */
export const DRIVERS = new Map<string, DriverRow>([
  // Any folder or URL that no other driver claims is git's.
  [
    'git',
    {
      schemes: [],
      options: {},
      load: async () => (await import('./git-driver.js')).openGitRepository,
      abilities: async () => (await import('./git-abilities.js')).GIT_ABILITIES,
    },
  ],
  [
    EMBEDDED,
    {
      schemes: [],
      options: {},
      load: async () => (await import('./embedded-driver.js')).openEmbedded,
      abilities: async () => (await import('./embedded-abilities.js')).EMBEDDED_ABILITIES,
    },
  ],
  [
    'file',
    {
      schemes: ['file'],
      options: {},
      load: async () => (await import('../backends/file/open-file.js')).openFile,
    },
  ],
  [
    'sqlite',
    {
      schemes: ['sqlite'],
      options: {},
      load: async () => (await import('../backends/sqlite/open-sqlite.js')).openSqlite,
    },
  ],
  [
    'redis',
    {
      schemes: ['redis', 'rediss'],
      options: REDIS_OPTIONS,
      load: async () => (await import('../backends/redis/open-redis.js')).openRedis,
    },
  ],
  [
    'etcd',
    {
      schemes: ['etcd', 'etcds'],
      options: ETCD_OPTIONS,
      load: async () => (await import('../backends/etcd/open-etcd.js')).openEtcd,
    },
  ],
  [
    'consul',
    {
      schemes: ['consul', 'consuls'],
      options: CONSUL_OPTIONS,
      load: async () => (await import('../backends/consul/open-consul.js')).openConsul,
    },
  ],
]);

/** Loads what adds a copy on this machine to a store on a server (`fallback: file`). */
export const loadCopies = async () => (await import('../backends/copy/with-copy.js')).withCopy;

/**
 * Returns the name of the driver that the settings choose: `repo` decides, by its scheme, else `backend`. Folders, and
 * URLs whose scheme no driver has, are git's, or git-embedded's if `backend` names that.
 */
export function chosenDriver({ repo, backend }: Pick<Settings, 'repo' | 'backend'>): string {
  const named = repo === undefined ? backend : driverOf(repo);
  return named === 'git' && backend === EMBEDDED ? EMBEDDED : named;
}

/** Returns the driver of a place: the one that has its scheme, else git, whose URLs may begin with `file://`. */
export function driverOf(repo: string): string {
  const scheme = /^(?!file:\/\/)([a-z][a-z0-9+.-]*):/.exec(repo)?.[1];
  for (const [name, { schemes }] of DRIVERS) if (scheme && schemes.includes(scheme)) return name;
  return 'git';
}

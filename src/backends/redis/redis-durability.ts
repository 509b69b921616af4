import type { Fault } from '../server/server-errors.js';
import { unsafeFault } from './redis-faults.js';

/** What a server tells about itself. */
export interface RedisFacts {
  /** `redis` or `valkey`. */
  readonly program: string;
  readonly version: string;
  /** Whether the server keeps an append-only file. */
  readonly hasAppendOnlyFile: boolean;
  /** `always`, `everysec` or `no`; null if the server does not let the user ask. */
  readonly fsync: string | null;
  /** What the server does when its memory is full: `noeviction` is safe. */
  readonly eviction: string;
  /** Bytes that the server may use; 0 without a limit. */
  readonly maxMemory: number;
  readonly usedMemory: number;
  readonly isReplica: boolean;
  /** Whether it still reads its data, and tells little of the above. */
  readonly isLoading: boolean;
}

/** Reads the answers of INFO and of CONFIG GET appendfsync, if the user may ask for the latter. */
export function redisFacts(info: string, config: unknown): RedisFacts {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const valkey = field('valkey_version');
  return {
    program: valkey === '' ? 'redis' : 'valkey',
    version: valkey === '' ? field('redis_version') : valkey,
    hasAppendOnlyFile: field('aof_enabled') === '1',
    fsync: Array.isArray(config) && typeof config[1] === 'string' ? config[1] : null,
    eviction: field('maxmemory_policy'),
    maxMemory: Number(field('maxmemory')),
    usedMemory: Number(field('used_memory')),
    isReplica: field('role') === 'slave',
    isLoading: field('loading') === '1',
  };
}

/** Why a server may lose writes that it acknowledged; null if a crash of its process loses none. */
export function unsafeReason({ hasAppendOnlyFile, eviction }: RedisFacts): Fault | null {
  if (!hasAppendOnlyFile)
    return unsafeFault(
      'keeps no append-only file, so a crash loses acknowledged writes',
      'Set appendonly yes and appendfsync always on the server',
    );
  if (eviction !== 'noeviction')
    return unsafeFault(
      `removes keys when its memory is full (maxmemory-policy ${eviction})`,
      'Set maxmemory-policy noeviction on the server',
    );
  return null;
}

import { type Check, finding, mebibytes, passed } from '../../model/value/check.js';
import { type RedisFacts, unsafeReason } from './redis-durability.js';

/** Share of the memory from which a server is nearly full. */
const NEARLY_FULL = 0.8;

/** Judges what a server tells about itself, for `kgit doctor`. */
export function redisChecks(facts: RedisFacts): readonly Check[] {
  const { program, version, isReplica } = facts;
  const server = isReplica
    ? finding('server', `${program} ${version}, a replica, which takes no writes`, 'Name the master')
    : passed('server', `${program} ${version}`);
  return [server, durability(facts), memory(facts)];
}

function durability(facts: RedisFacts): Check {
  const { fsync } = facts;
  const unsafe = unsafeReason(facts);
  if (unsafe) return finding('durability', `the server ${unsafe.says}`, unsafe.advice);
  if (fsync === null)
    return passed(
      'durability',
      'append-only file; this user may not ask for appendfsync: see that it is always',
    );
  if (fsync === 'always') return passed('durability', 'append-only file, appendfsync always');
  return finding(
    'durability',
    `appendfsync is ${fsync}, so a power cut loses the last writes`,
    'Set appendfsync always on the server',
  );
}

function memory({ usedMemory, maxMemory }: RedisFacts): Check {
  if (maxMemory === 0) return passed('memory', `${mebibytes(usedMemory)} used, without a limit`);
  const detail = `${mebibytes(usedMemory)} of ${mebibytes(maxMemory)} used`;
  return usedMemory < maxMemory * NEARLY_FULL
    ? passed('memory', detail)
    : finding('memory', `${detail}; a full server refuses writes`, 'Raise maxmemory on the server');
}

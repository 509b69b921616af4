import type { Fault } from '../server/server-errors.js';

/** What Redis and Valkey answer when they do not carry out a command, by the first word of the answer or by its text. */
const FAULTS: readonly (readonly [answer: RegExp, fault: Fault])[] = [
  [
    /^(NOAUTH|WRONGPASS)\b|^ERR (invalid password|AUTH )|without any password configured/,
    {
      kind: 'denied',
      cause: 'unauthorized',
      says: 'does not accept the user and password',
      advice: 'Check user and password: username, and password_file or KGIT_REDIS_PASSWORD',
    },
  ],
  [
    /^NOPERM\b/,
    {
      kind: 'denied',
      cause: 'forbidden',
      says: 'does not let the user do this',
      advice: 'Give the user the rights that kgit needs: the page on Redis lists them',
    },
  ],
  [
    /^DENIED\b/,
    {
      kind: 'denied',
      cause: 'protected-mode',
      says: 'accepts connections from its own machine only',
      advice: 'Set a password for the server, so that it accepts others',
    },
  ],
  [
    /^OOM\b/,
    {
      kind: 'refused',
      cause: 'out-of-memory',
      says: 'has no memory left for the write',
      advice: 'Raise maxmemory of the server',
    },
  ],
  [
    /^LOADING\b/,
    {
      kind: 'unreachable',
      cause: 'loading',
      says: 'is still loading its data',
      advice: 'Run the command again in a while',
    },
  ],
  [
    /^READONLY\b/,
    {
      kind: 'unreachable',
      cause: 'replica',
      says: 'is a replica, which accepts no writes',
      advice: 'Connect to the master, or name the sentinels that know it',
    },
  ],
  [
    /^(BUSY|UNKILLABLE)\b/,
    {
      kind: 'unreachable',
      cause: 'busy',
      says: 'is busy with a script',
      advice: 'Run the command again in a while',
    },
  ],
  [
    /^(CLUSTERDOWN|MASTERDOWN|TRYAGAIN|ASK|MOVED|NOREPLICAS)\b/,
    {
      kind: 'unreachable',
      cause: 'cluster',
      says: 'cannot serve the store now',
      advice: 'Check the state of the cluster and its replicas, and run the command again',
    },
  ],
  [
    /^MISCONF\b/,
    {
      kind: 'unreachable',
      cause: 'persistence',
      says: 'cannot save to its disk',
      advice: "See the server's log, and whether its disk is full",
    },
  ],
  [
    /^ERR max number of clients/,
    {
      kind: 'unreachable',
      cause: 'clients',
      says: 'has too many clients',
      advice: 'Raise maxclients of the server, or end idle clients',
    },
  ],
  [
    /^ERR (DB index is out of range|SELECT is not allowed)|^ERR invalid DB index/,
    {
      kind: 'denied',
      cause: 'database',
      says: 'has no such database',
      advice: 'Set database to a number that the server has; a cluster has only 0',
    },
  ],
  [
    /^ERR unknown command|^NOPROTO\b/i,
    {
      kind: 'denied',
      cause: 'unsupported',
      says: 'lacks a command that kgit needs',
      advice: 'Use Redis 6 or later, or Valkey, without renamed commands',
    },
  ],
];

/** An answer that no row knows: a script may have ended on its way. */
const OTHER: Fault = {
  kind: 'unknown',
  cause: 'server-error',
  says: 'failed',
  advice: "See the server's log, and run the command again",
};

/** Not enough replicas have a write that the master carried out. */
export const FEW_REPLICAS: Fault = {
  kind: 'unknown',
  cause: 'replicas',
  says: 'carried out the write, but too few replicas confirmed it in time',
  advice: 'Check the replicas, and run the command again: kgit finds out whether the write is there',
};

/** A server that can lose acknowledged writes. */
export function unsafeFault(says: string, advice: string): Fault {
  return {
    kind: 'refused',
    cause: 'durability',
    says,
    advice: `${advice}; or accept the loss of acknowledged writes: durability: none`,
  };
}

/** The words of an answer without the place in a script, which Redis 6 puts first and Redis 7 last. */
export function answerWords(answer: string): string {
  const inner = /^ERR Error running script .*@user_script: ?\d+: -?(.*)$/s.exec(answer)?.[1] ?? answer;
  return inner
    .replace(/\.? script: [0-9a-f]{40}, on @user_script:\d+\.?$/, '')
    .replace(/,? with args beginning with:.*$/s, '');
}

/** The fault of an answer. */
export function answerFault(answer: string): Fault {
  const words = answerWords(answer);
  return FAULTS.find(([pattern]) => pattern.test(words))?.[1] ?? OTHER;
}

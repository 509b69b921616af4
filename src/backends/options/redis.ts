import { count, file, type Options, secret, servers, TLS_OPTIONS, text, word } from './option.js';

/** Options of the Redis driver: the block `redis:`. */
export const REDIS_OPTIONS = {
  host: text('Host of the server.', 'localhost'),
  port: count('Port of the server.', 6379, [1, 65_535]),
  database: count('Number of the database.', 0, [0, 65_535]),
  username: text('User of the server, as its access control lists name it.', 'none'),
  password: secret('Password of the user.', 'KGIT_REDIS_PASSWORD'),
  password_file: file('File that holds the password.'),
  ...TLS_OPTIONS,
  sentinels: servers('Sentinels to ask for the master.', 'none'),
  master: text('Name of the master, as the Sentinels know it.', 'none'),
  wait_replicas: count(
    'Number of replicas that must have a write before it counts as published.',
    0,
    [0, 100],
  ),
  durability: word(
    'Whether a server that may lose writes is refused: one without append-only file, or one that evicts keys.',
    ['required', 'none'],
  ),
} satisfies Options;

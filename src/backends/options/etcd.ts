import { file, type Options, secret, servers, TLS_OPTIONS, text } from './option.js';

/** Options of the etcd driver: the block `etcd:`. */
export const ETCD_OPTIONS = {
  endpoints: servers('Members of the cluster.', '[localhost:2379]'),
  username: text('User of the cluster.', 'none'),
  password: secret('Password of the user.', 'KGIT_ETCD_PASSWORD'),
  password_file: file('File that holds the password.'),
  ...TLS_OPTIONS,
} satisfies Options;

import { file, type Options, secret, TLS_OPTIONS, text } from './option.js';

/** Options of the Consul driver: the block `consul:`. */
export const CONSUL_OPTIONS = {
  address: text('Address of an agent: HOST:PORT.', 'localhost:8500'),
  datacenter: text('Datacenter to ask.', "the agent's own"),
  token: secret('Token of the access control lists.', 'KGIT_CONSUL_TOKEN'),
  token_file: file('File that holds the token.'),
  ...TLS_OPTIONS,
} satisfies Options;

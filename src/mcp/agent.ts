import { oneLine } from '../terminal/terminal-text.js';

/** The client program, as it introduces itself. */
export interface Client {
  readonly name: string;
  readonly version: string;
}

/** Who writes through the server. */
export interface Agent {
  /** The `user` of its events and the author of its commits. */
  readonly name: string;
  /** The client that it writes through; null if it never introduced itself. */
  readonly client: Client | null;
}

/** Longest name or version that is recorded, in characters. */
const MAX_NAME = 64;
/** The name of an agent that gives none. */
const UNNAMED = 'mcp-agent';

/**
 * Cleans what a client says of itself, for records: letters, digits, spaces and a few marks, on one line. An `@` would
 * make an address of the author's name.
 */
function cleaned(text: string): string {
  const plain = oneLine(text.slice(0, 4 * MAX_NAME).normalize('NFKC'));
  return plain
    .replace(/[^\p{L}\p{N} ._+/-]+/gu, '-')
    .slice(0, MAX_NAME)
    .trim();
}

/**
 * Identifies the agent.
 * @param user the name that whoever started the server gave; it comes before the client's own
 */
export function agentOf(user: string | undefined, said: Client | undefined): Agent {
  const name = said && cleaned(said.name);
  const client = said === undefined ? null : { name: name || UNNAMED, version: cleaned(said.version) };
  return { name: user ?? (name || UNNAMED), client };
}

import type { Observer } from '../app/observe/observer.js';
import type { Context } from '../app/open/configured.js';
import type { BrokenEvents } from '../model/event/broken-events.js';
import type { AgentWritingParts } from './agent-writing.js';
import type { ServedRepository } from './served-repository.js';

/** What the tools and resources of the server share. */
export interface McpParts {
  readonly repository: ServedRepository;
  /**
   * Makes an observer that asks k0rdent and writes nothing.
   * @param cancelled ends its questions
   * @param broken how to handle events that cannot be read
   */
  readonly observer: (context: Context, cancelled: AbortSignal, broken: BrokenEvents) => Observer;
  /** What writes are made with; null if the server only reads. */
  readonly writing: AgentWritingParts | null;
  /** The name under which writes are recorded; undefined for the name that the client gives. */
  readonly user: string | undefined;
  /** ms since the epoch */
  readonly now: () => number;
  /** Version of kgit. */
  readonly version: string;
  /** Tells the operator something, on stderr. */
  readonly note: (message: string) => void;
}

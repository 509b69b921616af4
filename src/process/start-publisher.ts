import { leaveChild } from './child.js';

/** The flags that select the repository. */
export interface PublisherFlags {
  readonly repo: string | undefined;
  readonly config: string | undefined;
}

/**
 * Starts `kgit publisher` in the background. If it cannot be started nothing is lost: the next write or `kgit sync`
 * publishes what waits.
 */
export function startPublisher(flags: PublisherFlags): void {
  const named = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  const program = process.argv[1] as string;
  const args = [program, 'publisher', '--quiet', ...named];
  leaveChild(process.execPath, args, { isLowPriority: false });
}

import { leaveChild } from './child.js';

/** What names the repository on the command line of this process. */
export interface PublisherFlags {
  readonly repo: string | undefined;
  readonly config: string | undefined;
}

/**
 * Starts `kgit publisher` on the repository of this process, which does not wait for it. Where it cannot be
 * started nothing is lost: what waits is published with the next write, or by `kgit sync`.
 */
export function startPublisher(flags: PublisherFlags): void {
  const named = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  const program = process.argv[1] as string;
  const args = [program, 'publisher', '--quiet', ...named];
  leaveChild(process.execPath, args, { isLowPriority: false });
}

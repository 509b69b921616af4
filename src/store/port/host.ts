/** What the store needs to know about its machine and process. Injected, so that tests can fake a dead process. */
export interface Host {
  readonly hostname: string;
  /** Changes with every boot; null if the system does not provide one. */
  readonly bootId: string | null;
  readonly pid: number;
  /** When a process began, in the system's own units; null if it has ended or the system does not say. */
  processStart(pid: number): string | null;
  isAlive(pid: number): boolean;
}

/** Distinguishes one process from every other. kgit writes it into its lock files, for whoever finds them. */
export interface ProcessIdentity {
  readonly hostname: string;
  readonly bootId: string | null;
  readonly pid: number;
  readonly processStart: string | null;
}

/** The identity of a process on this machine, such as a child of this one. */
export function identityOf(pid: number, { hostname, bootId, processStart }: Host): ProcessIdentity {
  return { hostname, bootId, pid, processStart: processStart(pid) };
}

/** Whether a process has certainly ended: it ran on this machine, and before the last boot or is no longer running. */
export function isGone(found: ProcessIdentity, host: Host): boolean {
  if (found.hostname !== host.hostname) return false;
  if (found.bootId !== host.bootId || !host.isAlive(found.pid)) return true;
  const start = host.processStart(found.pid);
  return start !== null && found.processStart !== null && start !== found.processStart;
}

/** Time and randomness, injected. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

/** A wait in progress. */
export interface Wait {
  /** Reports progress, in a few words. */
  progress(text: string): void;
  end(): void;
}

/** Is notified of waits, so that the user can be shown them. */
export interface Waits {
  /**
   * @param what the activity: `fetching from origin`
   * @param asks whether the user may be prompted at the terminal meanwhile
   */
  begin(what: string, asks: boolean): Wait;
}

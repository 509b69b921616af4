/** What the store must know of the machine and process it runs on; handed in, so that tests can fake a dead one. */
export interface Host {
  readonly hostname: string;
  /** Changes with every boot; null where the system tells none. */
  readonly bootId: string | null;
  readonly pid: number;
  /** When a process began, in the system's own units; null when it is gone or the system does not tell. */
  processStart(pid: number): string | null;
  isAlive(pid: number): boolean;
}

/** What tells one process from every other: the notes that kgit leaves for whoever finds its locks have it. */
export interface ProcessIdentity {
  readonly hostname: string;
  readonly bootId: string | null;
  readonly pid: number;
  readonly processStart: string | null;
}

/** The identity of a process of this machine, such as a child of this one. */
export function identityOf(pid: number, { hostname, bootId, processStart }: Host): ProcessIdentity {
  return { hostname, bootId, pid, processStart: processStart(pid) };
}

/** Whether a process is certainly gone: of this machine, and of another boot or no longer running. */
export function isGone(found: ProcessIdentity, host: Host): boolean {
  if (found.hostname !== host.hostname) return false;
  if (found.bootId !== host.bootId || !host.isAlive(found.pid)) return true;
  const start = host.processStart(found.pid);
  return start !== null && found.processStart !== null && start !== found.processStart;
}

/** Time and chance, handed in. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

/** Something that is waited for. */
export interface Wait {
  /** How far it is, in few words. */
  progress(text: string): void;
  end(): void;
}

/** Hears what is waited for, so that the user can be told. */
export interface Waits {
  /**
   * @param what what goes on: `fetching from origin`
   * @param asks whether the user may be asked for something at the terminal meanwhile
   */
  begin(what: string, asks: boolean): Wait;
}

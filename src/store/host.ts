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

/** Time and chance, handed in. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

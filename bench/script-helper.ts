import { systemClock, thisHost } from '../src/setup/this-host.js';

/** Waits until the helper of a script has published the rest and ended. */
export async function ended(pid: number): Promise<void> {
  while (thisHost.isAlive(pid)) await systemClock.sleep(50);
}

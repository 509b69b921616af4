import { expect } from 'vitest';

/** How long a test waits for what is bound to come, however busy the machine is; what comes late is no failure. */
export const PATIENCE_MS = 240_000;

/** What a test lets hang, in seconds: longer than it waits itself, so that only what ends it in time passes. */
export const HANG_S = 600;

/** Waits until something is so. Fails with `words` where it does not come. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  words: () => string = () => '',
  everyMs = 20,
): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await isSo()); ) {
    if (Date.now() > deadline) expect.unreachable(`it did not come: ${isSo}\n${words()}`);
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
}

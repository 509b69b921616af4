import { expect } from 'vitest';

/** How long a test waits for a certain event on a busy machine; lateness is no failure. */
export const PATIENCE_MS = 240_000;

/** How long a test lets a program hang, in seconds: longer than the test waits. */
export const HANG_S = 600;

/** Waits until a condition holds. Fails with `words` if it does not. */
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

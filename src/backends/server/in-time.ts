/**
 * Waits for `work`, at most until `signal` aborts. Then `late` makes the error, and whatever becomes of `work` is
 * ignored.
 */
export function inTime<T>(work: Promise<T>, signal: AbortSignal, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(late());
    if (signal.aborted) {
      work.catch(() => undefined);
      end();
      return;
    }
    signal.addEventListener('abort', end, { once: true });
    const settled = () => signal.removeEventListener('abort', end);
    work.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}

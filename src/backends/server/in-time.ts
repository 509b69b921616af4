/** Any long time, in ms. */
const LONG_MS = 2 ** 30;

/**
 * Waits for `work`, at most until `signal` aborts. Then `late` makes the error, and whatever becomes of `work` is
 * ignored. Keeps the process alive meanwhile: neither a connection that is being made nor `AbortSignal.timeout` may do
 * so.
 */
export function inTime<T>(work: Promise<T>, signal: AbortSignal, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const awake = setInterval(() => undefined, LONG_MS);
    const end = () => {
      clearInterval(awake);
      reject(late());
    };
    const settled = () => {
      clearInterval(awake);
      signal.removeEventListener('abort', end);
    };
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
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

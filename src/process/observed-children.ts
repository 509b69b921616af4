import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';

/**
 * Runs `work`, in which a package starts processes that it does not hand out.
 * @param onStart gets the id of each
 */
export async function withObservedChildren<T>(
  work: () => Promise<T>,
  onStart: (pid: number) => void,
): Promise<T> {
  const scope = new AsyncLocalStorage<object>();
  const own = {};
  const observe = (message: unknown) => {
    if (scope.getStore() !== own) return;
    const child = typeof message === 'object' && message && 'process' in message ? message.process : null;
    if (!(child instanceof EventEmitter)) return;
    child.once('spawn', () => {
      if ('pid' in child && typeof child.pid === 'number') onStart(child.pid);
    });
  };
  subscribe('child_process', observe);
  try {
    return await scope.run(own, work);
  } finally {
    unsubscribe('child_process', observe);
  }
}

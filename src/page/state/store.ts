import { useEffect, useRef, useState } from 'preact/hooks';

/** A value that components can follow. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/** Makes a store. Listeners are called after each change, not for a value that is the same object. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Follows what `select` takes from a store; the component is rendered again only when that changes. */
export function useSelected<T, S>(store: Store<T>, select: (value: T) => S): S {
  const [, update] = useState({});
  const selected = select(store.get());
  const shown = useRef({ select, selected });
  shown.current = { select, selected };
  useEffect(() => {
    const check = () => {
      if (!Object.is(shown.current.select(store.get()), shown.current.selected)) update({});
    };
    // The value may have changed between rendering and this effect.
    check();
    return store.subscribe(check);
  }, [store]);
  return selected;
}

/** Follows a store. */
export function useStore<T>(store: Store<T>): T {
  return useSelected(store, (value) => value);
}
